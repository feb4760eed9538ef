/*
 * <ilsa-chat>: the chat of 일사천리 120 for any web page, in one script.
 *
 *   <script src="https://…/widget/ilsa-chat.js" defer></script>
 *   <ilsa-chat lang="ko"></ilsa-chat>
 *
 * It needs no framework and loads nothing but its wording and the talk itself, both from
 * `endpoint`. Every sentence comes from data/wording/widget.yml; none stands here. What comes from
 * the server is written as text, never as HTML. docs/widget.md tells the attributes and methods.
 */
(() => {
  "use strict";
  if (customElements.get("ilsa-chat")) return;

  const OWN_ORIGIN = document.currentScript?.src
    ? new URL(document.currentScript.src).origin
    : location.origin;
  const SEND_LIMIT_MS = 60_000; // twice what the gateway waits for an answer
  const SILENCE_LIMIT_MS = 45_000; // two missed heartbeats of the event stream
  const TYPING_LIMIT_MS = 60_000;
  const FIRST_WAIT_MS = 1_000;
  const LONGEST_WAIT_MS = 30_000;
  const MOST_ROWS = 5;
  const SMALL_SCREEN = "(max-width: 480px), (max-height: 420px)";

  // ---------------------------------------------------------------- style
  // Colours are those of KRDS (krds_tokens.css): gray, primary, secondary, danger, information.

  const STYLE = `
:host {
  all: initial;
  --surface: #fff; --soft: #f4f5f6; --text: #1e2124; --subtle: #58616a; --line: #cdd1d5;
  --strong-line: #8a949e; --primary: #0b50d0; --primary-hover: #083891; --primary-soft: #ecf2fe;
  --on-primary: #fff; --bar: #063a74; --on-bar: #fff; --danger: #bd2c0f; --danger-soft: #fdefec;
  --info: #085691; --info-soft: #e7f4fe; --focus: #256ef4; --shadow: 0 8px 32px #0000002e;
  color: var(--text); color-scheme: light dark;
  font: 400 16px/1.55 "Pretendard GOV", Pretendard, system-ui, -apple-system, "Malgun Gothic",
    "Apple SD Gothic Neo", "Noto Sans KR", sans-serif;
  -webkit-text-size-adjust: 100%;
}
@media (prefers-color-scheme: dark) {
  :host {
    --surface: #1e2124; --soft: #131416; --text: #f4f5f6; --subtle: #b1b8be; --line: #464c53;
    --strong-line: #6d7882; --primary: #86aff9; --primary-hover: #b1cefb; --primary-soft: #052561;
    --on-primary: #020f27; --bar: #052b57; --danger: #f7afa1; --danger-soft: #390d05;
    --info: #9ed2fa; --info-soft: #03253f; --focus: #86aff9; --shadow: 0 8px 32px #000000a6;
  }
}
:host([position="page"]) { display: block; height: 100%; min-height: 0; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; }
svg { width: 24px; height: 24px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8;
  stroke-linecap: round; stroke-linejoin: round; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }

.launcher { position: fixed; right: 24px; bottom: 24px; z-index: 2147483000; display: flex;
  align-items: center; gap: 8px; min-height: 56px; padding: 0 24px 0 20px; border: 2px solid #fff;
  border-radius: 28px; background: #0b50d0; color: #fff; font-weight: 700; font-size: 17px;
  box-shadow: var(--shadow); }
.launcher:hover { background: #083891; }
.launcher:focus-visible { outline-offset: 3px; }
.dot { position: absolute; top: -2px; right: 4px; width: 16px; height: 16px; border-radius: 50%;
  background: #de3412; border: 2px solid #fff; }

.panel { position: fixed; right: 24px; bottom: 24px; z-index: 2147483001; display: flex;
  flex-direction: column; width: 400px; height: min(680px, calc(100dvh - 48px));
  border: 1px solid var(--line); border-radius: 12px; background: var(--surface);
  box-shadow: var(--shadow); overflow: hidden; overflow-wrap: anywhere; word-break: keep-all; }
:host([position="left"]) :is(.launcher, .panel) { right: auto; left: 24px; }
:host([position="page"]) .panel { position: static; width: 100%; height: 100%; box-shadow: none; }

header { display: flex; align-items: center; gap: 4px; padding: 10px 8px 10px 16px;
  background: var(--bar); color: var(--on-bar); }
header div { flex: 1; min-width: 0; }
h2 { margin: 0; font-size: 17px; line-height: 1.4; font-weight: 700; }
header p { margin: 0; font-size: 13px; line-height: 1.4; color: #d6e0eb; }
header button { display: inline-flex; align-items: center; justify-content: center; gap: 4px;
  min-width: 44px; min-height: 44px; padding: 0 8px; border: 0; border-radius: 6px;
  background: none; font-size: 14px; white-space: nowrap; }
header button svg { width: 20px; height: 20px; }
header button:hover { background: #ffffff26; }
header button:focus-visible { outline-color: #fff; outline-offset: -3px; }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 10px 16px;
  font-size: 14px; background: var(--info-soft); color: var(--info);
  border-bottom: 1px solid var(--line); }
.bar p { flex: 1 1 160px; margin: 0; }
.bar.confirm { border-top: 1px solid var(--line); border-bottom: 0; }
.bar.confirm p { flex-basis: 100%; color: var(--text); font-size: 15px; }
.bar.alert { background: var(--danger-soft); color: var(--danger); border-top: 1px solid var(--line);
  border-bottom: 0; }

.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px;
  background: var(--soft); scrollbar-gutter: stable; }
.log:focus-visible { outline-offset: -3px; }
.day { align-self: center; margin: 8px 0 16px; font-size: 13px; color: var(--subtle); }
.item { display: flex; flex-direction: column; align-items: flex-start; margin-top: 6px; }
.item.first { margin-top: 18px; }
.item:first-child { margin-top: 0; }
.who { display: none; margin: 0 0 4px; font-size: 13px; font-weight: 700; color: var(--subtle); }
.item.first .who { display: block; }
.bubble { max-width: 92%; padding: 10px 14px; border: 1px solid var(--line);
  border-radius: 4px 12px 12px 12px; background: var(--surface); }
.bubble > div { white-space: pre-wrap; min-height: .6em; }
.point { display: flex; gap: 6px; padding-left: 2px; }
.point span:first-child { flex: none; min-width: 14px; color: var(--subtle); }
.bubble a { color: var(--primary); text-underline-offset: 3px; }
.bubble a[href^="tel:"] { white-space: nowrap; }
.citizen { align-items: flex-end; }
.citizen .bubble { max-width: 85%; border-color: transparent; border-radius: 12px 4px 12px 12px;
  background: #0b50d0; color: #fff; }
.staff .who { color: var(--info); }
.staff .bubble { border-color: var(--info); background: var(--info-soft); }
.system { align-items: center; text-align: center; }
.system .bubble { padding: 4px 12px; border: 0; border-radius: 16px; background: none;
  font-size: 14px; color: var(--subtle); }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; max-width: 100%; margin-top: 8px; padding: 0; }
.choice { display: inline-flex; align-items: center; gap: 4px; min-height: 40px; padding: 6px 14px;
  border: 1px solid var(--primary); border-radius: 8px; background: var(--surface);
  color: var(--primary); font-size: 15px; line-height: 1.35; text-align: left;
  text-decoration: none; }
.choice:hover { background: var(--primary-soft); }
.choice svg { width: 16px; height: 16px; }
.note { display: flex; align-items: center; gap: 4px 10px; margin: 3px 2px 0; font-size: 12px;
  color: var(--subtle); }
.note.unsent { color: var(--danger); font-size: 14px; flex-wrap: wrap; justify-content: end; }
.plain { min-height: 32px; padding: 0 4px; border: 0; background: none; font-size: 14px;
  font-weight: 700; text-decoration: underline; text-underline-offset: 3px; }

.typing { display: flex; align-items: center; gap: 5px; width: fit-content; margin-top: 16px;
  padding: 14px; border: 1px solid var(--line); border-radius: 4px 12px 12px 12px;
  background: var(--surface); }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--subtle); }
@media (prefers-reduced-motion: no-preference) {
  .typing { animation: appear .2s .35s backwards; }
  .typing i { animation: breathe 1.2s infinite ease-in-out; }
  .typing i:nth-of-type(2) { animation-delay: .15s; }
  .typing i:nth-of-type(3) { animation-delay: .3s; }
  .panel:not(.still) { animation: rise .18s ease-out; }
  .launcher, .choice, header button, .send { transition: background-color .15s; }
}
@keyframes appear { from { opacity: 0; } }
@keyframes breathe { 0%, 60%, 100% { opacity: .3; } 30% { opacity: 1; } }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }

form { display: flex; align-items: flex-end; gap: 8px; padding: 12px 12px 6px;
  border-top: 1px solid var(--line); background: var(--surface); }
textarea { flex: 1; min-width: 0; min-height: 48px; max-height: 150px; padding: 10px 14px;
  border: 1px solid var(--strong-line); border-radius: 8px; background: var(--surface);
  resize: none; line-height: 26px; }
textarea::placeholder { color: var(--subtle); opacity: 1; }
textarea:focus-visible { outline: 2px solid var(--focus); outline-offset: -1px; }
.send { display: inline-flex; align-items: center; justify-content: center; width: 48px;
  height: 48px; padding: 0; border: 0; border-radius: 8px; background: var(--primary);
  color: var(--on-primary); }
.send:hover { background: var(--primary-hover); }
.hint { margin: 0; padding: 0 16px 10px; background: var(--surface); font-size: 12.5px;
  line-height: 1.4; color: var(--subtle); }
.solid { min-height: 40px; padding: 0 14px; border: 0; border-radius: 8px; font-size: 15px;
  font-weight: 700; background: var(--primary); color: var(--on-primary); }
.ghost { min-height: 40px; padding: 0 14px; border: 1px solid currentColor; border-radius: 8px;
  font-size: 15px; background: none; }

@media ${SMALL_SCREEN} {
  :host(:not([position="page"])) .panel { inset: var(--view-top, 0px) 0 auto 0; width: 100%;
    height: var(--view-height, 100dvh); border: 0; border-radius: 0; }
  .launcher { right: 16px; bottom: 16px; }
  :host([position="left"]) .launcher { left: 16px; }
}
@media (max-width: 360px) { header .word { display: none; } }
@media (max-height: 420px) {
  header { padding-block: 0; }
  header p, .hint { display: none; }
  form { padding: 6px; }
  .log { padding-block: 8px; }
}
@media (forced-colors: active) {
  .launcher, .choice, .send, .solid, .bubble, .citizen .bubble { border: 1px solid; }
}`;

  const ICONS = {
    chat: "M4 5h16v11H10l-4.5 4v-4H4zM8.5 10.5h.01M12 10.5h.01M15.5 10.5h.01",
    close: "M6 6l12 12M18 6L6 18",
    restart: "M5 12a7 7 0 1 0 2.4-5.3M4.5 4v4.5H9",
    send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
    out: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5",
  };

  // ---------------------------------------------------------------- small helpers

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

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
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
      /* nothing is kept */
    }
  }

  /** `randomUUID` exists on https pages only; the widget may stand on a plain http intranet. */
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // ---------------------------------------------------------------- text to nodes

  const LINK = new RegExp(
    [
      String.raw`(?<url>https?:\/\/[^\s<>"'()\[\]\uac00-\ud7a3]*[^\s<>"'()\[\]\uac00-\ud7a3.,;:!?])`,
      String.raw`(?<site>(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:kr|com|net|org)(?![\w.-]*\w)(?:\/[\w./?=&%#-]*[\w/=&%#-])?)`,
      String.raw`(?<phone>(?<![\d-])(?:0\d{1,2}-\d{3,4}(?:-\d{4})?|1[568]\d\d-\d{4})(?![\d-]))`,
      // 119 as a number to call, not as a count, an amount or a part of an address
      String.raw`(?<emergency>(?<![\d.,-])(?:119|112|109)(?!\d|-\d|[.,]\d|\s?(?:[원건명개호동층회년월일%m]|번지|번길|km|won|people|days)))`,
    ].join("|"),
    "gi",
  );

  function hrefOf({ url, site, phone, emergency }) {
    return url ?? (site ? `https://${site}` : `tel:${(phone ?? emergency).replaceAll("-", "")}`);
  }

  /** The inline nodes of one line: text, and links for addresses and phone numbers. */
  function inline(line) {
    const nodes = [];
    let end = 0;
    for (const match of line.matchAll(LINK)) {
      nodes.push(line.slice(end, match.index), anchor(hrefOf(match.groups), match[0]));
      end = match.index + match[0].length;
    }
    return [...nodes, line.slice(end)];
  }

  function anchor(href, text) {
    const link = make("a", { href, textContent: text });
    if (!href.startsWith("tel:")) Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
    return link;
  }

  /** The lines of a message; "- …" and "1. …" become hanging points. */
  function lines(text, withLinks) {
    const content = (line) => (withLinks ? inline(line) : [line]);
    return text.split("\n").map((line) => {
      const point = line.match(/^(\d{1,2}[.)]|[-•·])\s+(.*)$/);
      if (!point) return make("div", {}, ...content(line));
      const mark = /\d/.test(point[1]) ? point[1] : "•";
      return make(
        "div",
        { className: "point" },
        make("span", { textContent: `${mark} ` }),
        make("span", {}, ...content(point[2])),
      );
    });
  }

  /** Only addresses that open a page, a phone or a mail program; null for anything else. */
  function safeUrl(url) {
    try {
      return /^(https?|tel|mailto):$/.test(new URL(url).protocol) ? url : null;
    } catch {
      return null;
    }
  }

  // ---------------------------------------------------------------- the citizen API

  /** A refusal of the server: its status, and the sentence of its problem+json if it sent one. */
  class Problem extends Error {
    constructor(status, detail) {
      super(detail ?? String(status));
      this.status = status;
      this.detail = detail;
    }
  }

  /** The citizen API of one endpoint. Every method throws Problem, or TypeError without network. */
  class Api {
    language = "ko"; // of the server's error sentences

    constructor(endpoint) {
      this.endpoint = endpoint.replace(/\/+$/, "");
    }

    async wording(lang, signal) {
      return (await this.#call(`/widget/wording.json?lang=${lang}`, { signal })).json();
    }

    async create(language) {
      return this.#post("/api/conversations", { language });
    }

    async send({ id, token }, message) {
      return this.#post(`/api/conversations/${id}/messages`, message, token);
    }

    async messages({ id, token }, after, signal) {
      const path = `/api/conversations/${id}/messages?after=${after}`;
      const headers = { Authorization: `Bearer ${token}` };
      return (await this.#call(path, { headers, signal })).json();
    }

    /** Follow the event stream. Yields `{event, id, data}`, and null for a heartbeat. */
    async *events({ id, token }, after, signal) {
      const headers = {
        Accept: "text/event-stream",
        Authorization: `Bearer ${token}`,
        "Last-Event-ID": String(after),
      };
      const path = `/api/conversations/${id}/events`;
      const response = await this.#call(path, { headers, signal, cache: "no-store" });
      yield null;
      yield* parseEvents(response.body.pipeThrough(new TextDecoderStream()).getReader());
    }

    async #post(path, body, token) {
      const headers = { "Content-Type": "application/json" };
      if (token) headers.Authorization = `Bearer ${token}`;
      const signal = AbortSignal.timeout(SEND_LIMIT_MS);
      const request = { method: "POST", headers, body: JSON.stringify(body), signal };
      return (await this.#call(path, request)).json();
    }

    async #call(path, options) {
      const headers = { "Accept-Language": this.language, ...options.headers };
      const request = { credentials: "omit", ...options, headers };
      const response = await fetch(this.endpoint + path, request);
      if (response.ok) return response;
      const problem = await response.json().catch(() => ({}));
      throw new Problem(response.status, typeof problem.detail === "string" ? problem.detail : null);
    }
  }

  /** Parse Server-Sent Events as the HTML standard says: fields, comments, a blank line ends one. */
  async function* parseEvents(reader) {
    let rest = "";
    let event = { event: "message", data: [] };
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield null;
      const rows = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = rows.pop();
      for (const row of rows) {
        if (row === "") {
          if (event.data.length) yield { ...event, data: event.data.join("\n") };
          event = { event: "message", data: [] };
          continue;
        }
        const [, field, text] = row.match(/^([^:]*):? ?(.*)$/s);
        if (field === "data") event.data.push(text);
        else if (field === "event" || field === "id") event[field] = text;
      }
    }
  }

  // ---------------------------------------------------------------- the element

  class IlsaChat extends HTMLElement {
    static observedAttributes = ["lang", "open"];

    #root = this.attachShadow({ mode: "open" });
    #parts = {};
    #built = false;
    #alive = null; // ends the listeners on window and document
    #api = null;
    #words = null;
    #conversation = null; // {id, token, language, state, seen}, also in localStorage
    #starting = null; // the promise of a conversation being made
    #stream = null; // ends the event stream
    #cursor = 0; // highest seq that came in order: by the stream or a catch-up, never by a POST
    #shown = []; // {key, order, message, node}, sorted by order
    #outgoing = new Map(); // client_id -> what is on its way or unsent
    #state = "bot";
    #inFlight = 0;
    #pending = 0; // timer while a late answer is awaited
    #failures = 0; // of the stream, in a row

    // ------------------------------------------------------------ public

    /** Open the chat. */
    open() {
      this.setAttribute("open", "");
    }

    /** Close the chat; the conversation goes on. A full-page chat stays open. */
    close() {
      if (!this.#onPage) this.removeAttribute("open");
    }

    /** Open the chat and send `text` as the citizen's question. */
    async ask(text) {
      this.open();
      await this.#send({ text, title: text });
    }

    // ------------------------------------------------------------ life cycle

    connectedCallback() {
      this.#api = new Api(this.getAttribute("endpoint") || OWN_ORIGIN);
      this.#alive = new AbortController();
      this.#watch(this.#alive.signal);
      this.#conversation ??= recall("localStorage", this.#key);
      this.#state = this.#conversation?.state ?? "bot";
      if (!this.#built) this.#build();
      this.#loadWords(this.#alive.signal);
    }

    disconnectedCallback() {
      this.#alive.abort();
      this.#hush();
    }

    attributeChangedCallback(name, before, after) {
      if (!this.#words || before === after) return;
      if (name === "lang") this.#loadWords(this.#alive.signal);
      if (name === "open") this.#showPanel(true);
    }

    get #language() {
      return this.getAttribute("lang")?.startsWith("en") ? "en" : "ko";
    }

    get #key() {
      return `ilsa-chat:${this.#api.endpoint}`;
    }

    get #onPage() {
      return this.getAttribute("position") === "page";
    }

    get #isOpen() {
      return this.hasAttribute("open") || this.#onPage;
    }

    #watch(signal) {
      addEventListener("online", () => this.#backOnline(), { signal });
      addEventListener("offline", () => this.#notice(this.#words?.offline), { signal });
      addEventListener("storage", (event) => this.#otherTab(event), { signal });
      document.addEventListener("visibilitychange", () => this.#wake(), { signal });
      matchMedia(SMALL_SCREEN).addEventListener("change", () => this.#setModal(), { signal });
      window.visualViewport?.addEventListener("resize", () => this.#fitKeyboard(), { signal });
      window.visualViewport?.addEventListener("scroll", () => this.#fitKeyboard(), { signal });
    }

    /** Without its words the widget shows nothing, so it tries until it has them. */
    async #loadWords(signal) {
      const language = (this.#api.language = this.#language);
      for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
        try {
          const words = await this.#api.wording(language, signal);
          if (language !== this.#language || signal.aborted) return;
          const isFirst = !this.#words;
          this.#words = words;
          this.#label();
          if (isFirst) this.#firstShow();
          return;
        } catch {
          await pause(wait, signal);
        }
      }
    }

    #firstShow() {
      const wasOpen = recall("sessionStorage", `${this.#key}:open`);
      if (wasOpen && !this.#isOpen) this.setAttribute("open", "");
      this.#parts.panel.classList.add("still");
      this.#showPanel(false);
      this.#wake();
    }

    // ------------------------------------------------------------ building

    #build() {
      this.#built = true;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.#root.adoptedStyleSheets = [sheet];
      const parts = this.#parts;
      parts.launcherText = make("span");
      parts.dot = make("span", { className: "dot", hidden: true });
      parts.launcher = make(
        "button",
        { className: "launcher", type: "button", hidden: true, "aria-expanded": "false" },
        icon("chat"), parts.launcherText, parts.dot,
      );
      parts.launcher.addEventListener("click", () => this.open());
      parts.panel = make(
        "section",
        { className: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
        this.#buildHeader(), this.#buildState(), this.#buildLog(), this.#buildConfirm(),
        this.#buildNotice(), this.#buildForm(),
      );
      parts.hint = make("p", { className: "hint", id: "hint" });
      parts.panel.append(parts.hint);
      parts.panel.addEventListener("keydown", (event) => this.#panelKey(event));
      this.#root.append(parts.launcher, parts.panel);
    }

    #buildHeader() {
      const parts = this.#parts;
      parts.title = make("h2", { id: "title", tabIndex: -1 });
      parts.subtitle = make("p");
      parts.restartText = make("span", { className: "word" });
      parts.restart = make("button", { type: "button", onclick: () => this.#askRestart() },
        icon("restart"), parts.restartText);
      parts.close = make("button", { type: "button", onclick: () => this.close() }, icon("close"));
      return make("header", {}, make("div", {}, parts.title, parts.subtitle), parts.restart,
        parts.close);
    }

    #buildState() {
      const parts = this.#parts;
      parts.stateText = make("p");
      parts.anew = make("button", { type: "button", className: "solid", hidden: true,
        onclick: () => this.#restart() });
      parts.state = make("div", { className: "bar", role: "status", hidden: true },
        parts.stateText, parts.anew);
      return parts.state;
    }

    #buildLog() {
      const parts = this.#parts;
      parts.items = make("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions" });
      parts.typing = make("div", { className: "typing", hidden: true }, make("i"), make("i"),
        make("i"));
      parts.typingText = make("span", { className: "hidden", role: "status" });
      parts.log = make("div", { className: "log", tabIndex: 0, role: "group" }, parts.items,
        parts.typing, parts.typingText);
      return parts.log;
    }

    #buildConfirm() {
      const parts = this.#parts;
      parts.confirmText = make("p", { id: "confirm" });
      parts.confirmYes = make("button", { type: "button", className: "solid",
        onclick: () => this.#restart() });
      parts.confirmNo = make("button", { type: "button", className: "ghost",
        onclick: () => this.#cancelRestart() });
      parts.confirm = make("div", { className: "bar confirm", role: "alertdialog", hidden: true,
        "aria-labelledby": "confirm" }, parts.confirmText, parts.confirmNo, parts.confirmYes);
      return parts.confirm;
    }

    #buildNotice() {
      const parts = this.#parts;
      parts.noticeText = make("p", { role: "alert" });
      parts.noticeAction = make("button", { type: "button", className: "ghost", hidden: true });
      parts.notice = make("div", { className: "bar alert", hidden: true }, parts.noticeText,
        parts.noticeAction);
      return parts.notice;
    }

    #buildForm() {
      const parts = this.#parts;
      parts.field = make("textarea", { rows: 1, autocomplete: "off", enterKeyHint: "send",
        "aria-describedby": "hint", oninput: () => this.#fitField(),
        onkeydown: (event) => this.#fieldKey(event) });
      parts.send = make("button", { type: "submit", className: "send" }, icon("send"));
      parts.form = make("form", { onsubmit: (event) => this.#submit(event) }, parts.field,
        parts.send);
      return parts.form;
    }

    /** Write the words of the language on everything that stands. */
    #label() {
      const { title, subtitle, launcherText, launcher, restartText, restart, close, log, field, send,
        hint, confirmYes, confirmNo, anew, panel, dot } = this.#parts;
      const words = this.#words;
      panel.lang = launcher.lang = this.#language;
      title.textContent = words.title;
      subtitle.textContent = words.subtitle;
      launcherText.textContent = words.launcher;
      this.#light(!dot.hidden);
      restartText.textContent = words.restart;
      restart.setAttribute("aria-label", words.restart);
      close.setAttribute("aria-label", words.launcher_close);
      close.title = words.close;
      log.setAttribute("aria-label", words.log_label);
      field.setAttribute("aria-label", words.input_label);
      field.placeholder = words.input_placeholder;
      send.setAttribute("aria-label", words.send);
      hint.textContent = words.hint;
      confirmYes.textContent = words.confirm_yes;
      confirmNo.textContent = words.confirm_no;
      anew.textContent = words.new_conversation;
      this.#setState(this.#state);
      for (const item of this.#shown) {
        const node = this.#draw(item.message);
        item.node.replaceWith(node);
        item.node = node;
      }
      this.#group();
    }

    // ------------------------------------------------------------ open, close, keys

    #showPanel(moveFocus) {
      const { panel, launcher, close } = this.#parts;
      const isOpen = this.#isOpen;
      panel.hidden = !isOpen;
      launcher.hidden = isOpen;
      launcher.setAttribute("aria-expanded", String(isOpen));
      close.hidden = this.#onPage;
      if (this.#onPage) panel.setAttribute("role", "region");
      this.#setModal();
      if (!this.#onPage) keep("sessionStorage", `${this.#key}:open`, isOpen || null);
      if (isOpen) {
        this.#light(false);
        this.#fitKeyboard();
        this.#begin();
        this.#scroll(null);
      }
      if (moveFocus) this.#moveFocus(isOpen);
      panel.classList.toggle("still", !moveFocus);
      this.#wake();
    }

    #moveFocus(isOpen) {
      const { launcher, field, title } = this.#parts;
      if (!isOpen) launcher.focus();
      // On touch screens focusing the field would cover half the talk with the keyboard.
      else (matchMedia("(pointer: coarse)").matches || field.disabled ? title : field).focus();
    }

    /** On a small screen the panel covers the page, so it is modal there. */
    #setModal() {
      const isModal = this.#isOpen && !this.#onPage && matchMedia(SMALL_SCREEN).matches;
      if (isModal) this.#parts.panel.setAttribute("aria-modal", "true");
      else this.#parts.panel.removeAttribute("aria-modal");
    }

    /** Keep the field above a phone's keyboard. */
    #fitKeyboard() {
      const { height, offsetTop } = window.visualViewport ?? {};
      if (!height || window.visualViewport.scale > 1.05) return;
      this.#parts.panel.style.setProperty("--view-height", `${height}px`);
      this.#parts.panel.style.setProperty("--view-top", `${offsetTop}px`);
    }

    #panelKey(event) {
      if (event.key === "Escape" && !isComposing(event)) {
        if (!this.#parts.confirm.hidden) this.#cancelRestart();
        else this.close();
        event.stopPropagation();
      }
      if (event.key === "Tab" && this.#parts.panel.hasAttribute("aria-modal")) this.#turn(event);
    }

    /** Keep Tab inside the panel while it covers the page. */
    #turn(event) {
      const stops = [...this.#parts.panel.querySelectorAll("button, a[href], textarea, .log")].filter(
        (node) => !node.disabled && node.checkVisibility(),
      );
      const [edge, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
      if (this.#root.activeElement !== edge) return;
      event.preventDefault();
      other.focus();
    }

    #fieldKey(event) {
      // Enter that ends a syllable or picks a candidate belongs to the input method.
      if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
      event.preventDefault();
      this.#parts.form.requestSubmit();
    }

    #fitField() {
      const { field } = this.#parts;
      field.rows = 1;
      while (field.rows < MOST_ROWS && field.scrollHeight > field.clientHeight) field.rows += 1;
    }

    #submit(event) {
      event.preventDefault();
      const text = this.#parts.field.value.trim();
      if (!text) return;
      this.#parts.field.value = "";
      this.#fitField();
      this.#parts.field.focus();
      this.#send({ text, title: text });
    }

    // ------------------------------------------------------------ the conversation

    /** Have a conversation: the kept one, or a new one. Throws what the server answers. */
    async #begin() {
      if (this.#conversation) return this.#conversation;
      this.#starting ??= this.#create().finally(() => (this.#starting = null));
      try {
        return await this.#starting;
      } catch (error) {
        const retry = [this.#words.try_again, () => this.#begin().catch(() => {})];
        this.#notice(error.detail ?? this.#words.cannot_start, ...retry);
        return null;
      }
    }

    async #create() {
      const language = this.#language;
      const { id, token, messages } = await this.#api.create(language);
      this.#notice(null);
      this.#conversation = { id, token, language, state: "bot", seen: 0 };
      this.#cursor = Math.max(0, ...messages.map((message) => message.seq));
      this.#setState("bot");
      this.#take(messages);
      this.#save();
      this.#wake();
      return this.#conversation;
    }

    #save() {
      keep("localStorage", this.#key, this.#conversation);
    }

    /** Forget the talk on this screen; the server keeps it as long as its rules say. */
    #forget() {
      this.#hush();
      this.#conversation = null;
      this.#cursor = 0;
      this.#shown = [];
      this.#outgoing.clear();
      this.#parts.items.replaceChildren();
      this.#expect(false);
      this.#setState("bot");
      this.#notice(null);
    }

    #askRestart() {
      const { confirm, confirmText, confirmNo } = this.#parts;
      if (!this.#shown.some(({ message }) => message.sender === "citizen")) return this.#restart();
      const withStaff = this.#state === "waiting" || this.#state === "staff";
      confirmText.textContent = this.#words[withStaff ? "confirm_restart_staff" : "confirm_restart"];
      confirm.hidden = false;
      this.#scroll(null, true);
      confirmNo.focus();
    }

    #cancelRestart() {
      this.#parts.confirm.hidden = true;
      this.#parts.restart.focus();
    }

    async #restart() {
      this.#parts.confirm.hidden = true;
      this.#forget();
      this.#save();
      this.#moveFocus(true);
      await this.#begin();
    }

    /** Another tab began or left a conversation: this one follows. */
    #otherTab(event) {
      if (event.key !== this.#key || !this.#words) return;
      const kept = recall("localStorage", this.#key);
      if (!kept || kept.id === this.#conversation?.id) return;
      this.#forget();
      this.#conversation = kept;
      this.#wake();
    }

    // ------------------------------------------------------------ sending

    /** Send `{title, text}` or `{title, payload}`; shown at once, marked when it does not go out. */
    async #send({ text, payload, title }) {
      const conversation = await this.#begin();
      if (!conversation) return this.#putBack(text);
      const clientId = newId();
      const order = this.#after();
      this.#outgoing.set(clientId, { text, payload, status: "sending" });
      const message = { id: clientId, client_id: clientId, sender: "citizen", text: title };
      this.#place(clientId, order, message);
      this.#group();
      this.#scroll(null);
      await this.#post(clientId);
    }

    async #post(clientId) {
      const outgoing = this.#outgoing.get(clientId);
      const conversation = this.#conversation;
      const body = { client_id: clientId, text: outgoing.text, payload: outgoing.payload };
      this.#mark(clientId, "sending");
      this.#expect(true);
      try {
        const { messages, pending } = await this.#api.send(conversation, body);
        if (conversation !== this.#conversation) return;
        this.#outgoing.delete(clientId);
        this.#redraw(clientId);
        this.#notice(null);
        this.#take(messages);
        this.#await(pending);
      } catch (error) {
        if (conversation === this.#conversation) this.#unsent(clientId, outgoing, error);
      } finally {
        if (conversation === this.#conversation) this.#expect(false);
      }
    }

    #unsent(clientId, outgoing, error) {
      const isRefused = error instanceof Problem && error.status < 500;
      if (!isRefused) {
        // It may have arrived: sending again with the same client_id is answered once.
        if (error.detail) this.#notice(error.detail);
        return this.#mark(clientId, "unsent");
      }
      this.#remove(clientId);
      this.#putBack(outgoing.text);
      if (error.status === 401 || error.status === 404) return this.#lose();
      this.#notice(error.detail ?? this.#words.failed);
      if (error.status === 409) this.#catchUp(this.#stream?.signal).catch(() => {});
    }

    /** Put a refused text back into the field, before what was typed since. */
    #putBack(text) {
      const { field } = this.#parts;
      field.value = [text, field.value].filter(Boolean).join("\n");
      this.#fitField();
    }

    #lose() {
      const draft = this.#parts.field.value;
      this.#notice(this.#words.lost, this.#words.new_conversation, () => this.#restart());
      this.#parts.field.value = draft;
      this.#hush();
    }

    async #backOnline() {
      this.#notice(null);
      this.#wake();
      for (const [clientId, { status }] of [...this.#outgoing]) {
        if (status === "unsent" && this.#outgoing.has(clientId)) await this.#post(clientId);
      }
    }

    // ------------------------------------------------------------ listening

    /** Start or stop the event stream: it runs while someone looks, or a person may write. */
    #wake() {
      const isAttended = this.#isOpen && document.visibilityState === "visible";
      const isWithStaff = this.#state === "waiting" || this.#state === "staff";
      const isWanted = this.isConnected && this.#words && this.#conversation;
      if (!isWanted || !(isAttended || isWithStaff) || this.#state === "closed") {
        // A closed talk is loaded once, so that it can be read.
        if (!isWanted || this.#cursor > 0 || !isAttended) return this.#hush();
      }
      if (!this.#stream) this.#listen((this.#stream = new AbortController()).signal);
    }

    #hush() {
      this.#stream?.abort();
      this.#stream = null;
    }

    async #listen(signal) {
      this.#failures = 0;
      while (!signal.aborted) {
        try {
          await this.#catchUp(signal);
          if (this.#state === "closed") return this.#hush();
          await this.#follow(signal);
        } catch (error) {
          if (signal.aborted) return;
          if (error.status === 401 || error.status === 404) return this.#notFound();
          this.#failures += 1;
          if (this.#failures === 2) this.#notice(this.#words.reconnecting);
        }
        const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, this.#failures - 1), LONGEST_WAIT_MS);
        await pause(wait * (0.75 + Math.random() / 2), signal);
      }
    }

    /** Ask for what was missed, and who holds the talk. */
    async #catchUp(signal) {
      const isFirst = this.#cursor === 0;
      const timeout = AbortSignal.timeout(SILENCE_LIMIT_MS);
      const both = signal ? AbortSignal.any([signal, timeout]) : timeout;
      const { state, messages } = await this.#api.messages(this.#conversation, this.#cursor, both);
      if (signal?.aborted) return;
      if (isFirst && this.#isForeign(messages)) return this.#restart();
      if (this.#failures) this.#notice(null);
      this.#advance(messages);
      this.#take(messages, isFirst);
      this.#setState(state);
      // A first look may find a question still waiting for its answer, e.g. after a reload.
      if (isFirst) this.#await(state === "bot" && messages.at(-1)?.sender === "citizen");
    }

    /** A greeting in the other language, not answered yet, is not worth keeping. */
    #isForeign(messages) {
      const isUntouched = !messages.some(({ sender }) => sender === "citizen" || sender === "staff");
      return isUntouched && !this.#outgoing.size && this.#conversation.language !== this.#language;
    }

    async #follow(signal) {
      const control = new AbortController();
      signal.addEventListener("abort", () => control.abort(), { signal: control.signal });
      let watchdog;
      try {
        for await (const event of this.#api.events(this.#conversation, this.#cursor, control.signal)) {
          clearTimeout(watchdog);
          watchdog = setTimeout(() => control.abort(), SILENCE_LIMIT_MS);
          if (signal.aborted) return;
          this.#failures = 0;
          if (event) this.#hear(event);
        }
      } finally {
        clearTimeout(watchdog);
        control.abort();
      }
    }

    #hear({ event, data }) {
      const content = JSON.parse(data);
      if (event === "state") return this.#setState(content.state);
      if (event !== "message") return;
      this.#advance([content]);
      this.#take([content]);
      if (content.sender !== "citizen") this.#await(false);
    }

    #advance(messages) {
      for (const { seq } of messages) this.#cursor = Math.max(this.#cursor, seq);
    }

    /** The kept conversation is gone (deleted by its term): begin anew, unless one is talking. */
    #notFound() {
      if (this.#shown.length) return this.#lose();
      this.#forget();
      this.#save();
      if (this.#isOpen) this.#begin();
    }

    // ------------------------------------------------------------ showing

    /** Show messages of the server. Each is shown once, whatever way and however often it comes. */
    #take(messages, isHistory = false) {
      let first = null;
      for (const message of messages) {
        if (this.#shown.some(({ key }) => key === message.id)) continue;
        const from = message.client_id ? this.#remove(message.client_id) : Infinity;
        const node = this.#place(message.id, message.seq, message);
        this.#shift(from, message.seq);
        if (message.sender !== "citizen") first ??= node;
        this.#see(message);
      }
      this.#group();
      if (isHistory) this.#scroll(null, true);
      else if (first) this.#scroll(this.#anchor(first));
    }

    /** Remember what was seen; what comes while the chat is closed lights the dot. */
    #see({ seq, sender }) {
      if (seq <= (this.#conversation?.seen ?? 0)) return;
      if (this.#isOpen) {
        this.#conversation.seen = seq;
        this.#save();
      } else if (sender !== "citizen") this.#light(true);
    }

    /** Show on the launcher, and say to screen readers, that something new has come. */
    #light(isNew) {
      const { dot, launcher } = this.#parts;
      const { launcher_label: label, unread } = this.#words;
      dot.hidden = !isNew;
      launcher.setAttribute("aria-label", isNew ? `${label} - ${unread}` : label);
    }

    /** The place for something typed now: after all that stands. */
    #after() {
      return (this.#shown.at(-1)?.order ?? 0) + 0.001;
    }

    #place(key, order, message) {
      const node = this.#draw(message);
      this.#insert({ key, order, message, node });
      return node;
    }

    #insert(item) {
      const next = this.#shown.findIndex(({ order }) => order > item.order);
      const index = next < 0 ? this.#shown.length : next;
      this.#parts.items.insertBefore(item.node, this.#shown[index]?.node ?? null);
      this.#shown.splice(index, 0, item);
    }

    /** Take an item away; returns the order it had. */
    #remove(key) {
      const index = this.#shown.findIndex((item) => item.key === key);
      this.#outgoing.delete(key);
      if (index < 0) return Infinity;
      const [{ node, order }] = this.#shown.splice(index, 1);
      node.remove();
      return order;
    }

    /** A typed message got its number: what was typed after it and has none yet stays below it. */
    #shift(from, seq) {
      const later = this.#shown.filter(
        ({ message, order }) => !message.seq && order > from && order < seq,
      );
      for (const [index, item] of later.entries()) {
        this.#shown.splice(this.#shown.indexOf(item), 1);
        item.order = seq + 0.001 * (index + 1);
        this.#insert(item);
      }
    }

    #mark(clientId, status) {
      const outgoing = this.#outgoing.get(clientId);
      if (!outgoing) return;
      outgoing.status = status;
      this.#redraw(clientId);
    }

    #redraw(key) {
      const item = this.#shown.find((shown) => shown.key === key);
      if (!item) return;
      const node = this.#draw(item.message);
      item.node.replaceWith(node);
      item.node = node;
      this.#group();
    }

    #draw(message) {
      const { sender, text, buttons = [] } = message;
      const who = make("p", { className: sender === "citizen" || sender === "system" ? "hidden" : "who",
        textContent: this.#words[`sender_${sender}`] });
      const bubble = make("div", { className: "bubble" }, ...lines(text, sender !== "citizen"));
      const node = make("div", { className: `item ${sender}` }, who, bubble);
      if (message.ticket) node.dataset.ticket = message.ticket;
      if (buttons.length) node.append(this.#drawButtons(buttons));
      node.append(this.#drawNote(message));
      return node;
    }

    #drawButtons(buttons) {
      const label = this.#words.buttons_label;
      const choices = buttons.map((button) => this.#drawButton(button)).filter(Boolean);
      return make("div", { className: "buttons", role: "group", "aria-label": label }, ...choices);
    }

    #drawButton({ title, payload, url }) {
      if (payload) {
        return make("button", { type: "button", className: "choice", textContent: title,
          onclick: () => this.#send({ payload, title }) });
      }
      const href = url && safeUrl(url);
      if (!href) return null;
      const link = make("a", { className: "choice", href }, title);
      if (/^https?:/.test(href)) {
        Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
        link.append(icon("out"), make("span", { className: "hidden",
          textContent: ` (${this.#words.new_window})` }));
      }
      return link;
    }

    /** Under a bubble: its time, or that it is on its way or was not sent. */
    #drawNote(message) {
      const status = this.#outgoing.get(message.client_id)?.status;
      if (status === "unsent") return this.#drawUnsent(message.client_id);
      const note = make("div", { className: "note" });
      if (status === "sending") note.textContent = this.#words.sending;
      if (message.created_at) {
        const format = { hour: "numeric", minute: "2-digit", timeZone: "Asia/Seoul" };
        const at = new Date(message.created_at);
        note.append(make("time", { dateTime: message.created_at,
          textContent: at.toLocaleTimeString(this.#language, format) }));
      }
      return note;
    }

    #drawUnsent(clientId) {
      return make("div", { className: "note unsent" }, this.#words.unsent,
        make("button", { type: "button", className: "plain", textContent: this.#words.retry,
          onclick: () => this.#post(clientId) }),
        make("button", { type: "button", className: "plain", textContent: this.#words.discard,
          onclick: () => this.#discard(clientId) }));
    }

    #discard(clientId) {
      this.#remove(clientId);
      this.#group();
      this.#parts.field.focus();
    }

    /** Name the sender once a group, the time once a group's minute, and the day once a day. */
    #group() {
      let before = null;
      for (const item of this.#shown) {
        const { node, message } = item;
        const isFirst = before?.message.sender !== message.sender;
        node.classList.toggle("first", isFirst);
        if (before && !isFirst) this.#joinTimes(before, item);
        this.#markDay(before, item);
        before = item;
      }
    }

    #joinTimes(before, item) {
      const [earlier, later] = [before, item].map(({ node }) => node.querySelector(".note time"));
      if (earlier) earlier.hidden = earlier.textContent === later?.textContent;
    }

    #markDay(before, { node, message }) {
      const format = { month: "long", day: "numeric", weekday: "long", timeZone: "Asia/Seoul" };
      const dayOf = (at) => at && new Date(at).toLocaleDateString(this.#language, format);
      const day = dayOf(message.created_at);
      const isNew = day && day !== dayOf(before?.message.created_at) && (!before || before.message.created_at);
      const mark = node.querySelector(".day");
      if (!isNew) mark?.remove();
      else if (!mark) {
        node.prepend(make("div", { className: "day", textContent: day }));
      }
    }

    /** What to keep in sight: the whole answer to the last question, or a newly come message. */
    #anchor(first) {
      const last = this.#shown.findLastIndex(({ message }) => message.sender === "citizen");
      const answer = this.#shown.slice(last + 1);
      const isBots = last >= 0 && answer.every(({ message }) => message.sender === "bot");
      return isBots ? this.#shown[last].node : first;
    }

    /** Scroll to the end, but never past the top of `anchor`: an answer is read from its start. */
    #scroll(anchor, isInstant = false) {
      const { log } = this.#parts;
      const isCalm = isInstant || matchMedia("(prefers-reduced-motion: reduce)").matches;
      const behavior = isCalm ? "instant" : "smooth";
      const end = log.scrollHeight - log.clientHeight;
      const start = anchor ? anchor.offsetTop - log.offsetTop - 12 : end;
      log.scrollTo({ top: Math.max(0, Math.min(end, start)), behavior });
    }

    /** Count requests under way; the typing sign shows while an answer is expected. */
    #expect(isMore) {
      this.#inFlight = this.#conversation ? Math.max(0, this.#inFlight + (isMore ? 1 : -1)) : 0;
      if (!this.#conversation) this.#await(false);
      this.#showTyping();
    }

    #await(isPending) {
      clearTimeout(this.#pending);
      this.#pending = isPending ? setTimeout(() => this.#await(false), TYPING_LIMIT_MS) : 0;
      this.#showTyping();
    }

    #showTyping() {
      const { typing, typingText } = this.#parts;
      const isTyping = this.#state === "bot" && Boolean(this.#inFlight || this.#pending);
      if (typing.hidden !== isTyping) return;
      typing.hidden = !isTyping;
      typingText.textContent = isTyping ? this.#words.typing : "";
      if (isTyping) this.#scroll(null);
    }

    #setState(state) {
      const { state: bar, stateText, anew, field, send, form, hint } = this.#parts;
      const isChange = state !== this.#state;
      this.#state = state;
      const sentence = this.#words[`state_${state}`] ?? "";
      bar.hidden = !sentence;
      if (stateText.textContent !== sentence) stateText.textContent = sentence;
      const isClosed = state === "closed";
      anew.hidden = !isClosed;
      field.disabled = send.disabled = form.hidden = hint.hidden = isClosed;
      this.#showTyping();
      if (!isChange) return;
      if (this.#conversation) {
        this.#conversation.state = state;
        this.#save();
      }
      this.#wake();
    }

    /** Say what is wrong above the field, with one thing to do about it; null says nothing. */
    #notice(sentence, action, onAction) {
      const { notice, noticeText, noticeAction, log } = this.#parts;
      if (!noticeText) return;
      const isAtEnd = log.scrollHeight - log.clientHeight - log.scrollTop < 8;
      notice.hidden = !sentence;
      noticeText.textContent = sentence ?? "";
      noticeAction.hidden = !action;
      noticeAction.textContent = action ?? "";
      noticeAction.onclick = onAction ?? null;
      if (isAtEnd) this.#scroll(null, true);
    }
  }

  /** Whether a key belongs to an input method: Safari says so by the key code alone. */
  function isComposing(event) {
    return event.isComposing || event.keyCode === 229;
  }

  customElements.define("ilsa-chat", IlsaChat);
})();
