/* Small helpers: elements, storage, waiting. The files of this folder are one script
 * (bot/web/widget.py puts them together), so they share their names. */

const MINUTE_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const SMALL_SCREEN = "(max-width: 480px), (max-height: 420px)";

const ICONS = {
  chat: "M4 5h16v11H10l-4.5 4v-4H4zM8.5 10.5h.01M12 10.5h.01M15.5 10.5h.01",
  close: "M6 6l12 12M18 6L6 18",
  restart: "M5 12a7 7 0 1 0 2.4-5.3M4.5 4v4.5H9",
  menu: "M5 7h14M5 12h14M5 17h14",
  send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  out: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5",
  photo: "M4 7h4l1.5-2h5L16 7h4v12H4zM12 16a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4z",
  place: "M12 21s-7-6.2-7-11.3a7 7 0 0 1 14 0C19 14.8 12 21 12 21zM12 12a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z",
  up: "M7 11v9H4v-9zM7 11l4-7c1.5 0 2.5 1 2.2 2.6L12.7 10H19l-1.5 8.5c-.2.9-.8 1.5-1.7 1.5H7",
  down: "M17 13V4h3v9zM17 13l-4 7c-1.5 0-2.5-1-2.2-2.6l.5-3.4H5l1.5-8.5C6.7 4.6 7.3 4 8.2 4H17",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0",
};

/** Make an element: properties, `on…` listeners, attributes (names with a dash, role), children. */
function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.includes("-")) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A button: its class, what pressing does, its children. */
function button(className, onclick, ...children) {
  return make("button", { type: "button", className, onclick }, ...children);
}

function icon(name) {
  const [svg, path] = ["svg", "path"].map((tag) =>
    document.createElementNS("http://www.w3.org/2000/svg", tag),
  );
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** `sentence` with its `$names` replaced by `values`. */
function fill(sentence, values) {
  return sentence.replace(/\$(\w+)/g, (_, name) => values[name] ?? "");
}

/** Wait, or less if the network comes back or `signal` ends it. */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    }
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}

// Pages may forbid storage (private windows, blocked third-party frames): then nothing is kept.
function recall(storage, key) {
  try {
    return JSON.parse(window[storage].getItem(key));
  } catch {
    return null;
  }
}

function keep(storage, key, value) {
  try {
    if (value === null) window[storage].removeItem(key);
    else window[storage].setItem(key, JSON.stringify(value));
  } catch {
    return;
  }
}

/** `randomUUID` exists on https pages only; the widget may stand on a plain http intranet. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether a key belongs to an input method: Safari says so by the key code alone. */
function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}
