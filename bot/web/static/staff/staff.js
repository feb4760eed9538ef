// Refreshes the parts of a page that change, without moving focus or what one reads, or closing
// what is open. The server sends the same HTML as on the first load; without scripts it works too.
import { listen } from "./live.js";
import { watchKeys } from "./keys.js";
import { noteCounts, watchSettings } from "./alerts.js";

const EVERY_MS = 3000;
const HIDDEN_EVERY_MS = 10000;
const STREAMED_EVERY_MS = 30000;
const drawn = new WeakMap();
let newest = null;
let streaming = false;
let timer = 0;
let asking = false;
let again = false;

function put(place, fresh) {
  const focused = place.contains(document.activeElement) && document.activeElement.id;
  const open = Array.from(place.querySelectorAll("details[open]"), (details) => details.id);
  place.replaceWith(fresh);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// Children are known by id: those that did not change stay the very same elements.
function merge(list, freshList) {
  const wanted = Array.from(freshList.children);
  const ids = new Set(wanted.map((item) => item.id));
  for (const item of Array.from(list.children)) if (!ids.has(item.id)) item.remove();
  wanted.forEach((fresh, place) => {
    const html = fresh.outerHTML;
    let item = Array.from(list.children).find((one) => one.id === fresh.id);
    if (!item || drawn.get(item) !== html) {
      if (item) put(item, fresh);
      drawn.set(fresh, html);
      item = fresh;
    }
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] || null);
  });
}

// A steady list changes in place; new rows wait behind a sign, gone ones stay and are dimmed.
function mergeSteady(list, freshList) {
  if (list.querySelector("#none") || !list.children.length) return merge(list, freshList);
  const wanted = new Map(Array.from(freshList.children, (item) => [item.id, item]));
  let fresh = 0;
  for (const id of wanted.keys()) if (id !== "none" && !document.getElementById(id)) fresh += 1;
  for (const item of Array.from(list.children)) {
    const now = wanted.get(item.id);
    if (!now) {
      item.classList.add("gone");
      continue;
    }
    const html = now.outerHTML;
    if (drawn.get(item) === html && !item.classList.contains("gone")) continue;
    const copy = now.cloneNode(true);
    if (item.getAttribute("aria-selected")) copy.setAttribute("aria-selected", "true");
    put(item, copy);
    drawn.set(copy, html);
  }
  newest = freshList;
  sign(fresh);
}

function sign(count) {
  const button = document.getElementById("fresh");
  if (!button) return;
  button.hidden = count === 0;
  const text = button.dataset.one.replace("{n}", String(count));
  if (count && button.textContent !== text) button.textContent = text;
}

document.getElementById("fresh")?.addEventListener("click", () => {
  const list = document.getElementById("rows");
  if (newest) merge(list, newest.cloneNode(true));
  sign(0);
  list.querySelector(".row-link")?.focus();
});

function remember(root) {
  for (const list of root.querySelectorAll("[data-merge]"))
    for (const item of list.children) drawn.set(item, item.outerHTML);
  for (const part of root.querySelectorAll("[data-same]")) drawn.set(part, part.outerHTML);
}

function atBottom(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 40;
}

function toBottom(box) {
  box.scrollTop = box.scrollHeight;
}

function apply(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const boxes = Array.from(document.querySelectorAll("[data-bottom]")).filter(atBottom);
  for (const list of fresh.querySelectorAll("[data-merge]")) {
    const here = document.getElementById(list.id);
    if (here) (here.hasAttribute("data-steady") ? mergeSteady : merge)(here, list);
  }
  for (const part of fresh.querySelectorAll("[data-same]")) {
    const here = document.getElementById(part.id);
    const html = part.outerHTML;
    if (!here || drawn.get(here) === html) continue;
    if (here.dataset.state !== part.dataset.state) noteChange();
    // Its content changes, not the element: a live region that is replaced is not read out.
    here.replaceChildren(...part.childNodes);
    drawn.set(here, html);
  }
  boxes.forEach(toBottom);
  title();
}

// Somebody else took, closed or gave back the conversation: the form below is out of date.
function noteChange() {
  const note = document.getElementById("moved");
  if (note) note.hidden = false;
}

const plainTitle = document.title;
function title() {
  const count = document.querySelector("#badge .count")?.lastChild.textContent.trim();
  document.title = count ? `(${count}) ${plainTitle}` : plainTitle;
}

function lose(lost) {
  const sign = document.getElementById("lost");
  if (sign) sign.hidden = !lost;
}

async function refresh(live) {
  clearTimeout(timer);
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(live.dataset.live, { headers: { "X-Staff-Live": "1" } });
    if (answer.status === 401 || answer.status === 403) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    apply(await answer.text());
    lose(false);
  } catch {
    lose(true);
  } finally {
    asking = false;
  }
  if (again) {
    again = false;
    return refresh(live);
  }
  const pause = streaming ? STREAMED_EVERY_MS : document.hidden ? HIDDEN_EVERY_MS : EVERY_MS;
  timer = setTimeout(refresh, pause, live);
}

function once(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

for (const form of document.querySelectorAll("form[data-once]")) once(form);
// Coming back with the browser's button, the form may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
for (const area of document.querySelectorAll("textarea[data-send]"))
  area.addEventListener("keydown", (event) => {
    // A Korean syllable still being composed is finished by the same key.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing)
      area.form.requestSubmit();
  });

remember(document);
title();
document.querySelectorAll("[data-bottom]").forEach(toBottom);
const live = document.querySelector("[data-live]");
if (live) timer = setTimeout(refresh, EVERY_MS, live);
watchKeys();
watchSettings();
listen({
  changed(counts) {
    noteCounts(counts);
    if (live) refresh(live);
  },
  looking(people) {
    document.dispatchEvent(new CustomEvent("desk:looking", { detail: people }));
  },
  streams(now) {
    streaming = now;
    if (!now && live) refresh(live);
  },
});
