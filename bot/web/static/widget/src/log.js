/* The log: what was said, drawn in order, each once, whatever way and however often it comes. */

class Log {
  node;
  items = make("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions" });
  typing = make("div", { className: "typing", hidden: true }, make("i"), make("i"), make("i"));
  #status = make("span", { className: "hidden", role: "status" });
  #quick = make("div", { className: "quick", hidden: true });
  #shown = []; // {key, order, message, node}, sorted by order
  #talk;
  #about = {}; // the service's answer to /api/widget
  #endpoint;
  #language = "ko";

  constructor(talk, endpoint) {
    this.#talk = talk;
    this.#endpoint = endpoint;
    this.node = make("div", { className: "log", tabIndex: 0, role: "group" }, this.items,
      this.#quick, this.typing, this.#status);
  }

  get isEmpty() {
    return !this.#shown.length;
  }

  get isUntouched() {
    return !this.#shown.some(({ message }) => message.sender === "citizen");
  }

  get messages() {
    return this.#shown.map(({ message }) => message);
  }

  /** Messages that came and were not seen. */
  unread(seen) {
    return this.messages.filter(({ seq, sender }) => seq > seen && sender !== "citizen").length;
  }

  /** Draw everything anew in another language. */
  label(about, language) {
    this.#about = about;
    this.#language = language;
    this.node.setAttribute("aria-label", about.words.log_label);
    this.#quietly(() => this.#shown.forEach((item) => this.#redrawItem(item)));
    this.#group();
    this.#drawQuick();
  }

  clear() {
    this.#shown = [];
    this.items.replaceChildren();
    this.#drawQuick();
  }

  /** Tell screen readers something that stands elsewhere for the eye. */
  say(sentence) {
    if (this.#status.textContent !== sentence) this.#status.textContent = sentence;
  }

  showTyping(isTyping) {
    if (this.typing.hidden !== isTyping) return;
    this.typing.hidden = !isTyping;
    this.say(isTyping ? this.#about.words.typing : "");
    if (isTyping) this.scroll(null);
  }

  // -------------------------------------------------------------- what stands where

  /** Show messages of the server; returns those that are new. */
  show(messages, isHistory = false) {
    const known = new Set(this.#shown.map(({ key }) => key));
    const fresh = messages.filter(({ id }) => !known.has(id));
    const nodes = [];
    const add = () => fresh.forEach((message) => nodes.push(this.#settle(message)));
    if (isHistory) this.#quietly(() => (add(), this.#toEnd()));
    else add();
    this.#group();
    this.#drawQuick();
    const first = nodes[fresh.findIndex(({ sender }) => sender !== "citizen")];
    if (isHistory) this.scroll(null, true);
    else if (first) this.scroll(this.#anchor(first));
    return fresh;
  }

  /** A long history is not read out. */
  #quietly(work) {
    this.items.setAttribute("aria-live", "off");
    work();
    setTimeout(() => this.items.setAttribute("aria-live", "polite"), 500);
  }

  /** Give a message its place. What was typed here keeps its element, so it is not read twice. */
  #settle(message) {
    const own = message.client_id && this.#find(message.client_id);
    if (!own) return this.#insert(message.id, message.seq, message, this.#draw(message));
    const from = own.order;
    Object.assign(own, { key: message.id, order: message.seq, message });
    this.#redrawItem(own);
    this.#shift(from, message.seq);
    this.#sort();
    return own.node;
  }

  /** Something typed now, after all that stands. */
  place(message) {
    const order = (this.#shown.at(-1)?.order ?? 0) + 0.001;
    this.#insert(message.id, order, message, this.#draw(message));
    this.#group();
    this.#drawQuick();
    this.scroll(null);
  }

  #find(key) {
    return this.#shown.find((item) => item.key === key);
  }

  #insert(key, order, message, node) {
    const next = this.#shown.findIndex((item) => item.order > order);
    const index = next < 0 ? this.#shown.length : next;
    this.items.insertBefore(node, this.#shown[index]?.node ?? null);
    this.#shown.splice(index, 0, { key, order, message, node });
    return node;
  }

  /** A typed message got its number: what was typed after it and has none yet stays below it. */
  #shift(from, seq) {
    const later = this.#shown.filter(
      ({ message, order }) => !message.seq && order > from && order < seq,
    );
    for (const [index, item] of later.entries()) item.order = seq + 0.001 * (index + 1);
  }

  /** What is unsent from before a reload stands below the history. */
  #toEnd() {
    const unsent = this.#shown.filter(({ message }) => !message.seq);
    const last = Math.max(0, ...this.#shown.map(({ message }) => message.seq ?? 0));
    for (const [index, item] of unsent.entries()) item.order = last + 0.001 * (index + 1);
    this.#sort();
  }

  /** Put the elements into order, moving only those that stand wrong. */
  #sort() {
    this.#shown.sort((one, other) => one.order - other.order);
    this.#shown.forEach(({ node }, index) => {
      const there = this.items.children[index];
      if (there !== node) this.items.insertBefore(node, there);
    });
  }

  remove(key) {
    const item = this.#find(key);
    if (!item) return;
    this.#shown.splice(this.#shown.indexOf(item), 1);
    item.node.remove();
    this.#group();
  }

  redraw(key) {
    const item = this.#find(key);
    if (!item) return;
    this.#redrawItem(item);
    this.#group();
  }

  /** Draw a message anew inside its element; focus on one of its buttons is lost. */
  #redrawItem({ message, node }) {
    const { children, className, dataset } = this.#draw(message);
    node.className = className;
    Object.assign(node.dataset, dataset);
    const fresh = [...children];
    // Nothing that reads alike is touched: screen readers would read it again.
    if (fresh.length !== node.children.length) return node.replaceChildren(...fresh);
    fresh.forEach((child, index) => {
      if (!child.isEqualNode(node.children[index])) node.children[index].replaceWith(child);
    });
  }

  // -------------------------------------------------------------- drawing

  #draw(message) {
    const { words } = this.#about;
    const { sender, text, ticket, buttons = [], photos = [] } = message;
    const isNamed = sender === "bot" || sender === "staff";
    const who = make("p", { className: isNamed ? "who" : "hidden" },
      ...(sender === "staff" ? [icon("person")] : []), words[`sender_${sender}`]);
    const bubble = make("div", { className: "bubble" }, ...lines(text, sender !== "citizen"),
      ...photos.map((photo) => this.#drawPhoto(photo)));
    const node = make("div", { className: `item ${sender}` }, who, bubble);
    if (ticket) node.dataset.ticket = ticket;
    if (buttons.length) node.append(this.#drawButtons(buttons));
    node.append(this.#drawNote(message));
    return node;
  }

  #drawPhoto({ url, width, height }) {
    const href = new URL(url, this.#endpoint).href;
    const image = make("img", { src: href, width, height, loading: "lazy",
      alt: this.#about.words.photo_alt });
    image.addEventListener("load", () => this.#isAtEnd && this.scroll(null, true));
    return Object.assign(anchor(href, ""), { className: "photo" }).appendChild(image).parentNode;
  }

  #drawButtons(buttons) {
    const choices = buttons.map((each) => this.#drawButton(each)).filter(Boolean);
    return make("div", { className: "buttons", role: "group",
      "aria-label": this.#about.words.buttons_label }, ...choices);
  }

  #drawButton({ title, payload, url }) {
    if (payload) {
      const thumb = this.#about.thumbs[title];
      const children = thumb ? [icon(thumb), title] : [title];
      const press = () => this.#talk.send({ payload }, title);
      return button(thumb ? "choice thumb" : "choice", press, ...children);
    }
    const href = url && safeUrl(url);
    if (!href) return null;
    const link = make("a", { className: "choice", href }, title);
    if (/^https?:/.test(href)) {
      Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
      link.append(icon("out"), make("span", { className: "hidden",
        textContent: ` (${this.#about.words.new_window})` }));
    }
    return link;
  }

  /** Under a bubble: its time, or that it is on its way or was not sent. */
  #drawNote({ client_id: clientId, created_at: createdAt }) {
    const status = this.#talk.outgoing.get(clientId)?.status;
    if (status === "unsent") return this.#drawUnsent(clientId);
    const note = make("div", { className: "note" });
    if (status === "sending") note.textContent = this.#about.words.sending;
    if (createdAt) {
      const format = { hour: "numeric", minute: "2-digit", timeZone: "Asia/Seoul" };
      note.append(make("time", { dateTime: createdAt,
        textContent: new Date(createdAt).toLocaleTimeString(this.#language, format) }));
    }
    return note;
  }

  #drawUnsent(clientId) {
    const { unsent, retry, discard } = this.#about.words;
    return make("div", { className: "note unsent" }, unsent,
      button("plain", () => this.#talk.post(clientId), retry),
      button("plain", () => this.#talk.discard(clientId), discard));
  }

  /** What is asked much at this time of the year, until the citizen has asked something. */
  #drawQuick() {
    const topics = this.#about.topics ?? [];
    const greeted = new Set(this.messages.flatMap(({ buttons = [] }) => buttons.map((b) => b.title)));
    const offered = topics.filter(({ title }) => !greeted.has(title));
    this.#quick.hidden = this.isEmpty || !this.isUntouched || !offered.length;
    const heading = make("p", { id: "quick", textContent: this.#about.words?.quick_title });
    const choices = offered.map(({ title }) =>
      button("choice", () => this.#talk.send({ text: title }, title), title));
    this.#quick.replaceChildren(heading, make("div", { className: "buttons", role: "group",
      "aria-labelledby": "quick" }, ...choices));
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
    const last = before?.message.created_at;
    if (!day || day === dayOf(last) || (before && !last)) delete node.dataset.day;
    else node.dataset.day = day;
  }

  // -------------------------------------------------------------- scrolling

  get #isAtEnd() {
    return this.node.scrollHeight - this.node.clientHeight - this.node.scrollTop < 400;
  }

  /** What to keep in sight: the whole answer to the last question, or a newly come message. */
  #anchor(first) {
    const last = this.#shown.findLastIndex(({ message }) => message.sender === "citizen");
    const answer = this.#shown.slice(last + 1);
    const isBots = last >= 0 && answer.every(({ message }) => message.sender === "bot");
    return isBots ? this.#shown[last].node : first;
  }

  /** Scroll to the end, but never past the top of `anchor`: an answer is read from its start. */
  scroll(anchor, isInstant = false) {
    const isCalm = isInstant || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const end = this.node.scrollHeight - this.node.clientHeight;
    const start = anchor ? anchor.offsetTop - this.node.offsetTop - 12 : end;
    const top = Math.max(0, Math.min(end, start));
    this.node.scrollTo({ top, behavior: isCalm ? "instant" : "smooth" });
  }
}
