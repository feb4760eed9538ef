// Shortcuts of one key. Never while something is being typed, and they can be switched off.
import { setting } from "./alerts.js";

const TYPES = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

function rows() {
  return Array.from(document.querySelectorAll("#rows .row-link"));
}

function move(step) {
  const all = rows();
  const now = all.indexOf(document.activeElement);
  const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step];
  next?.focus();
  next?.closest(".row")?.scrollIntoView({ block: "nearest" });
}

function open(id) {
  const details = document.getElementById(id);
  if (!details) return false;
  details.open = true;
  return true;
}

function focus(id) {
  const field = document.getElementById(id);
  field?.focus();
  field?.scrollIntoView({ block: "nearest" });
  return Boolean(field);
}

function press(...ids) {
  const button = ids.map((id) => document.getElementById(id)).find(Boolean);
  button?.form?.requestSubmit();
  return Boolean(button);
}

const DOES = {
  j: () => move(1),
  k: () => move(-1),
  t: () => press("take", "next"),
  r: () => focus("text"),
  n: () => open("notes") && focus("note"),
  "/": () => focus("q") || (location.href = "/staff/conversations/search"),
  "?": () => sheet(),
};

function sheet() {
  const dialog = document.getElementById("keys");
  if (dialog && !dialog.open) dialog.showModal();
}

export function watchKeys() {
  for (const button of document.querySelectorAll("[data-open-keys]")) {
    button.hidden = false;
    button.addEventListener("click", sheet);
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!setting("keys") || event.target.closest?.(TYPES) || document.querySelector("dialog[open]"))
      return;
    const does = DOES[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
}
