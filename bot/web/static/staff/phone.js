// The phone desk: answers come up while one types, and one key leads to what is looked for.
// Without scripts the same form asks by its button.
import { setting } from "./alerts.js";

const PAUSE_MS = 250;
const desk = document.getElementById("phone-desk");
const form = document.getElementById("call");
const question = document.getElementById("q");
const answers = document.getElementById("answers");
const began = form.elements.began;
const loaded = performance.now();
let timer = 0;
let asking = null;
let told = "";
let since = began.hasAttribute("data-going") ? 0 : null;

// Microseconds of the server's clock: the counsellor's own may be wrong.
function now() {
  return Number(desk.dataset.now) + Math.round((performance.now() - loaded) * 1000);
}

function begin() {
  if (since !== null) return;
  since = now();
  began.value = String(since);
}

function tick() {
  if (since === null) return;
  const seconds = Math.max(0, Math.floor((now() - Number(began.value)) / 1e6));
  const text = desk.dataset.clock
    .replace("{m}", String(Math.floor(seconds / 60)))
    .replace("{s}", String(seconds % 60).padStart(2, "0"));
  document.getElementById("clock").hidden = false;
  document.getElementById("clock-time").textContent = text;
}

async function ask() {
  clearTimeout(timer);
  const text = question.value.trim();
  if (text.length < Number(desk.dataset.least)) return;
  const spoken = form.elements.language.value;
  if (`${spoken} ${text}` === told) return;
  told = `${spoken} ${text}`;
  asking?.abort();
  asking = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  body.set("live", "true");
  body.delete("topic");
  answers.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/staff/phone/ask", { method: "POST", body, signal: asking.signal });
    if (answer.status === 401 || answer.status === 403 || answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    answers.innerHTML = await answer.text();
    showCopying();
  } catch (error) {
    if (error.name === "AbortError") return;
    told = "";
    const sign = document.getElementById("found");
    if (sign) sign.textContent = desk.dataset.failed;
  }
  answers.removeAttribute("aria-busy");
}

function soon() {
  begin();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

function showCopying() {
  for (const button of answers.querySelectorAll("[data-copy]")) button.hidden = false;
}

async function copy(button) {
  const area = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(area.value);
  } catch {
    // Only pages of a secure address may write to the clipboard; the text is shown to be copied.
    area.closest("details").open = true;
    area.select();
    document.execCommand("copy");
  }
  button.parentElement.querySelector("[data-told]").textContent = desk.dataset.copied;
}

function opened() {
  return answers.querySelector("details.found[open]");
}

function openAnswer(number) {
  const one = document.getElementById(`a${number}`);
  if (!one) return false;
  for (const other of answers.querySelectorAll("details.found")) other.open = other === one;
  const chosen = one.querySelector("input[name=topic]");
  if (chosen) chosen.checked = true;
  one.querySelector("summary").focus();
  one.scrollIntoView({ block: "nearest" });
  return true;
}

function goTo(link) {
  const part = document.getElementById(link.hash.slice(1));
  part.focus({ preventScroll: true });
  part.scrollIntoView({ block: "nearest" });
}

function withAlt(event) {
  const digit = /^Digit(\d)$/.exec(event.code)?.[1];
  const button = digit && document.querySelector(`[data-result="${digit}"]`);
  if (button) form.requestSubmit(button);
  else if (event.code === "KeyN") location.href = "/staff/phone";
  else return;
  event.preventDefault();
}

function plainKey(event) {
  const typing = "input:not([type=checkbox], [type=radio]), textarea:not([readonly]), select";
  if (event.target.closest?.(typing) || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const link = opened()?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const button = opened()?.querySelector("[data-copy]");
  if (/^[1-9]$/.test(key)) {
    if (!openAnswer(key)) return;
  } else if (link) goTo(link);
  else if (key === "y" && button) copy(button);
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || !setting("keys")) return;
  if (event.altKey) withAlt(event);
  else plainKey(event);
});
question.addEventListener("input", soon);
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.altKey) return;
  event.preventDefault();
  begin();
  ask();
});
for (const spoken of form.elements.language) spoken.addEventListener("change", ask);
form.addEventListener("submit", (event) => {
  begin();
  if (event.submitter?.id !== "ask") return;
  event.preventDefault();
  delete form.dataset.sent;
  told = "";
  ask();
});
answers.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  const link = event.target.closest("a[data-key], nav.parts a");
  if (button) copy(button);
  if (!link) return;
  event.preventDefault();
  goTo(link);
});

// The sheet of keys shows those of this page as well.
const sheet = document.querySelector("#keys h2");
const own = document.querySelector("#phone-keys dl");
if (sheet && own) sheet.after(own.cloneNode(true));
showCopying();
setInterval(tick, 1000);
tick();
