// The page of a conversation: who else is in it, ready sentences, and what is selected to be masked.

const LOOKING_EVERY_MS = 10000;
const TYPING_EVERY_MS = 3000;
const area = document.getElementById("text");
const thread = document.getElementById("thread");
const here = `${location.pathname}/here`;
let typed = 0;

function say(fields) {
  const body = new URLSearchParams({ csrf: document.body.dataset.csrf, ...fields });
  return fetch(here, { method: "POST", body, keepalive: true, headers: { "X-Staff-Live": "1" } });
}

function look() {
  if (!document.hidden) say({}).catch(() => {});
}

look();
setInterval(look, LOOKING_EVERY_MS);
window.addEventListener("pagehide", () => say({ leaving: "true" }).catch(() => {}));
area?.addEventListener("input", () => {
  if (Date.now() - typed < TYPING_EVERY_MS) return;
  typed = Date.now();
  say({ typing: "true" }).catch(() => {});
});

document.addEventListener("desk:looking", ({ detail: people }) => {
  const line = document.getElementById("looking");
  line.textContent = people
    .map((one) => (one.typing ? line.dataset.types : line.dataset.looks).replace("{who}", one.login))
    .join(" ");
});

// Ready sentences
const ready = document.getElementById("ready");
const find = document.getElementById("ready-find");
const lines = Array.from(document.querySelectorAll("[data-insert]"));

function insert(text) {
  const start = area.selectionStart;
  const slash = area.value === "/";
  const before = slash ? "" : area.value.slice(0, start);
  const after = slash ? "" : area.value.slice(area.selectionEnd);
  const gap = before && !before.endsWith("\n") ? "\n" : "";
  area.value = before + gap + text + after;
  area.selectionStart = area.selectionEnd = (before + gap + text).length;
  area.focus();
  area.dispatchEvent(new Event("input"));
}

if (area && ready) {
  find.hidden = false;
  for (const line of lines)
    line.addEventListener("click", (event) => {
      event.preventDefault();
      ready.open = false;
      insert(line.dataset.insert);
    });
  find.addEventListener("input", () => {
    const asked = find.value.trim().toLowerCase();
    for (const line of lines)
      line.parentElement.hidden = !line.textContent.toLowerCase().includes(asked);
  });
  find.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const shown = lines.filter((line) => !line.parentElement.hidden);
    if (event.key === "Enter") {
      event.preventDefault();
      shown[0]?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      shown[0]?.focus();
    } else if (event.key === "Escape") {
      ready.open = false;
      area.focus();
    }
  });
  document.getElementById("ready-list").addEventListener("keydown", (event) => {
    const shown = lines.filter((line) => !line.parentElement.hidden);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      (shown[shown.indexOf(document.activeElement) + step] || find).focus();
    } else if (event.key === "Escape") {
      ready.open = false;
      area.focus();
    }
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "/" && !event.altKey && !area.value) {
      event.preventDefault();
      ready.open = true;
      find.value = "";
      find.dispatchEvent(new Event("input"));
      find.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const number = /^Digit([1-9])$/.exec(event.code)?.[1];
    const line = number && document.querySelector(`[data-facet="${number}"]`);
    if (!line) return;
    event.preventDefault();
    insert(line.dataset.insert);
  });
  const files = area.form.elements.photos;
  files?.addEventListener("change", () => {
    document.getElementById("file-names").textContent = Array.from(files.files, (f) => f.name).join(", ");
  });
}

// What is selected in the thread stands in the mask's form when that is opened.
let selected = "";
document.addEventListener("selectionchange", () => {
  const now = document.getSelection();
  if (now?.anchorNode && thread?.contains(now.anchorNode) && String(now).trim())
    selected = String(now).trim().slice(0, 120);
});
document.getElementById("masking")?.addEventListener("toggle", (event) => {
  if (event.target.open && selected) document.getElementById("mask-text").value = selected;
});
document.querySelector("form[data-mask]")?.addEventListener("submit", (event) => {
  event.target.elements.draft.value = area?.value || "";
});
