/* The conversation: kept, sent, listened to. It knows no element; what it learns goes to `view`:
 * show, place, redraw, remove, putBack, notice, changed, cleared, isOpen. */

const SILENCE_LIMIT_MS = 45_000; // two missed heartbeats of the event stream
const STAGGER_MS = 150; // between messages that go out again, so that they keep their order

class Talk {
  words = {};
  language = "ko";
  conversation = null; // {id, token, language, state, seen, scored}, also in localStorage
  state = "bot";
  waiting = null; // {place, minutes} while a person is awaited and the service says it
  staff = null; // the name of the person who holds the talk
  outgoing = new Map(); // client_id -> what is on its way or unsent
  isLive = false; // ends with the element's life
  #api;
  #key;
  #view;
  #arriving = new Map(); // client_id -> what to call when the service has it
  #starting = null; // the promise of a conversation being made
  #stream = null; // ends the event stream
  #cursor = 0; // highest seq that came in order: by the stream or a catch-up, never by a POST
  #glanced = 0; // when the closed chat was last looked through for news
  #inFlight = 0;
  #pending = 0; // timer while a late answer is awaited
  #failures = 0; // of the stream, in a row

  constructor(api, view) {
    this.#api = api;
    this.#view = view;
    this.#key = `ilsa-chat:${api.endpoint}`;
    this.#adopt(recall("localStorage", this.#key));
  }

  get key() {
    return this.#key;
  }

  get isTyping() {
    return this.state === "bot" && Boolean(this.#inFlight || this.#pending);
  }

  get isWithPerson() {
    return ["waiting", "staff", "platform"].includes(this.state);
  }

  // -------------------------------------------------------------- having one

  /** The kept conversation, or a new one; null when there can be none now. */
  async begin() {
    if (this.conversation) return this.conversation;
    this.#starting ??= this.#create().finally(() => (this.#starting = null));
    try {
      return await this.#starting;
    } catch (error) {
      const again = () => this.begin();
      this.#view.notice(error.detail ?? this.words.cannot_start, this.words.try_again, again);
      return null;
    }
  }

  async #create() {
    const { language } = this;
    const { id, token, messages } = await this.#api.create(language);
    this.#view.notice(null);
    this.conversation = { id, token, language, state: "bot", seen: 0 };
    this.#advance(messages);
    this.#hold({ state: "bot" });
    this.#view.show(messages);
    this.save();
    this.wake();
    return this.conversation;
  }

  save() {
    const kept = recall("localStorage", this.#key);
    if (kept && kept.id === this.conversation?.id) {
      // Another tab may have seen more.
      this.conversation.seen = Math.max(kept.seen, this.conversation.seen);
    }
    keep("localStorage", this.#key, this.conversation);
  }

  #adopt(kept) {
    this.conversation = kept;
    this.state = kept?.state ?? "bot";
    for (const each of recall("sessionStorage", `${this.#key}:unsent`) ?? []) {
      if (each.conversation === kept?.id) {
        this.outgoing.set(each.content.client_id, { ...each, status: "unsent" });
      }
    }
  }

  /** Text that did not go out outlives a reload of this tab; photos do not. */
  #keepUnsent() {
    const unsent = [...this.outgoing.values()].filter(({ content }) => !content.photo);
    keep("sessionStorage", `${this.#key}:unsent`, unsent.length ? unsent : null);
  }

  /** Forget the talk on this screen; the server keeps it as long as its rules say. */
  forget() {
    this.hush();
    this.conversation = null;
    this.#cursor = 0;
    this.#inFlight = 0;
    this.outgoing.clear();
    this.#keepUnsent();
    this.#view.cleared();
    this.#hold({ state: "bot" });
    this.#await(false);
    this.#view.notice(null);
  }

  async restart() {
    this.forget();
    this.save();
    await this.begin();
  }

  /** Delete the talk at the service and here. Throws what the server answers. */
  async erase() {
    if (this.conversation) await this.#api.erase(this.conversation);
    this.forget();
    this.save();
  }

  async rate(score) {
    await this.#api.rate(this.conversation, score);
    this.conversation.scored = true;
    this.save();
  }

  async code() {
    return this.#api.code(await this.begin());
  }

  /** Another tab began, left, deleted or read a conversation: this one follows. */
  otherTab({ key }) {
    if (key !== this.#key) return;
    const kept = recall("localStorage", this.#key);
    if (kept && kept.id === this.conversation?.id) {
      this.conversation.seen = Math.max(kept.seen, this.conversation.seen);
      return this.#view.changed();
    }
    if (!kept && !this.conversation) return;
    this.forget();
    this.#adopt(kept);
    this.wake();
  }

  // -------------------------------------------------------------- sending

  /** Send `{text}`, `{payload}`, `{location}` or `{photo}`; it is shown at once as `title`.
   *  Ends when the service has it or it failed; it goes out when `before` has ended. */
  async send(content, title, before = null) {
    const conversation = await this.begin();
    if (!conversation) return this.#view.putBack(content.text);
    const client_id = newId();
    const sent = { content: { ...content, client_id }, title, conversation: conversation.id };
    this.outgoing.set(client_id, { ...sent, status: "sending" });
    this.#view.place(client_id);
    const isAfterUnsent = [...this.outgoing.values()].some(({ status }) => status === "unsent");
    if (isAfterUnsent) await this.flush();
    await before;
    const arrival = new Promise((resolve) => this.#arriving.set(client_id, resolve));
    await Promise.race([this.post(client_id), arrival]);
    this.#arriving.delete(client_id);
  }

  /** What waits under its client_id, as a message to be shown. */
  draft(clientId) {
    const { title } = this.outgoing.get(clientId);
    return { id: clientId, client_id: clientId, sender: "citizen", text: title };
  }

  /** The service has it, whatever becomes of the request that brought it. */
  arrived(clientId) {
    if (this.outgoing.delete(clientId)) this.#keepUnsent();
    this.#arriving.get(clientId)?.();
  }

  async post(clientId) {
    const outgoing = this.outgoing.get(clientId);
    const { conversation } = this;
    if (!outgoing || !conversation) return;
    outgoing.status = "sending";
    this.#keepUnsent();
    this.#view.redraw(clientId);
    this.#expect(1);
    try {
      const { messages, pending } = await this.#api.send(conversation, outgoing.content);
      if (conversation !== this.conversation) return;
      this.arrived(clientId);
      this.#view.redraw(clientId);
      this.#view.notice(null);
      this.#view.show(messages);
      this.#await(pending);
    } catch (error) {
      if (conversation === this.conversation) this.#failed(clientId, outgoing, error);
    } finally {
      if (conversation === this.conversation) this.#expect(-1);
    }
  }

  #failed(clientId, outgoing, error) {
    if (!this.outgoing.has(clientId)) return;
    const isRefused = error instanceof Problem && error.status < 500;
    if (!isRefused) {
      // It may have arrived: sending again with the same client_id is answered once.
      outgoing.status = "unsent";
      if (error.detail) this.#view.notice(error.detail);
      return this.#view.redraw(clientId);
    }
    this.discard(clientId);
    this.#view.putBack(outgoing.content.text);
    if (error.status === 401 || error.status === 404) return this.#lose();
    this.#view.notice(error.detail ?? this.words.failed);
    if (error.status === 409) this.#catchUp(this.#stream?.signal).catch(() => {});
  }

  discard(clientId) {
    this.outgoing.delete(clientId);
    this.#keepUnsent();
    this.#view.remove(clientId);
  }

  /** Send what is unsent again, in order. */
  async flush() {
    for (const [clientId, { status }] of [...this.outgoing]) {
      if (status !== "unsent" || !this.outgoing.has(clientId)) continue;
      this.post(clientId);
      await new Promise((resolve) => setTimeout(resolve, STAGGER_MS));
    }
  }

  #lose() {
    const restart = () => this.restart();
    this.#view.notice(this.words.lost, this.words.new_conversation, restart);
    this.hush();
  }

  backOnline() {
    this.#view.notice(null);
    this.wake();
    this.flush();
  }

  // -------------------------------------------------------------- listening

  /** Start or stop the event stream: it runs while someone looks, or a person may write. */
  wake() {
    const isVisible = document.visibilityState === "visible";
    const isAttended = this.#view.isOpen && isVisible;
    if (!this.isLive || !this.conversation) return this.hush();
    if (this.state === "closed" ? this.#cursor || !isAttended : !isAttended && !this.isWithPerson) {
      // A closed talk is loaded once, so that it can be read; a closed chat is looked through.
      this.hush();
      return isVisible && this.#glance();
    }
    if (!this.#stream) this.#listen((this.#stream = new AbortController()).signal);
  }

  hush() {
    this.#stream?.abort();
    this.#stream = null;
  }

  #glance() {
    if (Date.now() - this.#glanced < MINUTE_MS || this.#view.isOpen) return;
    this.#glanced = Date.now();
    this.#catchUp().catch(() => {});
  }

  async #listen(signal) {
    this.#failures = 0;
    while (!signal.aborted) {
      try {
        await this.#catchUp(signal);
        if (this.state === "closed") return this.hush();
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error.status === 401 || error.status === 404) return this.#notFound();
        this.#failures += 1;
        if (this.#failures === 2) this.#view.notice(this.words.reconnecting);
      }
      const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, this.#failures - 1), LONGEST_WAIT_MS);
      await pause(wait * (0.75 + Math.random() / 2), signal);
    }
  }

  /** Ask for what was missed, and who holds the talk. */
  async #catchUp(signal) {
    const { conversation } = this;
    const isFirst = this.#cursor === 0;
    const timeout = AbortSignal.timeout(SILENCE_LIMIT_MS);
    const both = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const now = await this.#api.messages(conversation, this.#cursor, both);
    if (signal?.aborted || conversation !== this.conversation) return;
    if (isFirst && this.#isForeign(now.messages)) return this.#view.isOpen && this.restart();
    this.#advance(now.messages);
    this.#hold(now);
    this.#view.show(now.messages, isFirst);
    // A first look may find a question still waiting for its answer, e.g. after a reload.
    if (isFirst) this.#await(this.state === "bot" && now.messages.at(-1)?.sender === "citizen");
    if (isFirst || this.#failures) this.recover();
  }

  /** The service answers again: what is unsent goes out by itself. */
  recover() {
    if (this.#failures) this.#view.notice(null);
    this.flush();
  }

  /** A greeting in the other language, not answered yet, is not worth keeping. */
  #isForeign(messages) {
    const isUntouched = !messages.some(({ sender }) => sender === "citizen" || sender === "staff");
    return isUntouched && !this.outgoing.size && this.conversation.language !== this.language;
  }

  /** The language was changed: an untouched greeting is said again in the new one. */
  speak(language, isUntouched) {
    this.language = this.#api.language = language;
    if (this.conversation && this.#cursor && isUntouched && this.#isForeign([])) this.restart();
  }

  async #follow(signal) {
    const control = new AbortController();
    signal.addEventListener("abort", () => control.abort(), { signal: control.signal });
    let watchdog;
    try {
      for await (const event of this.#api.events(this.conversation, this.#cursor, control.signal)) {
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
    if (event === "state") return this.#hold(content);
    if (event !== "message") return;
    this.#advance([content]);
    this.#view.show([content]);
    if (content.sender !== "citizen") this.#await(false);
  }

  #advance(messages) {
    for (const { seq } of messages) this.#cursor = Math.max(this.#cursor, seq);
  }

  /** The kept conversation is gone (deleted by its term): begin anew, unless one is talking. */
  #notFound() {
    if (!this.#view.isEmpty) return this.#lose();
    this.forget();
    this.save();
    if (this.#view.isOpen) this.begin();
  }

  #hold({ state, waiting, staff }) {
    const isChange = state !== this.state;
    this.state = state;
    this.waiting = waiting ?? null;
    this.staff = staff ?? null;
    this.#view.changed();
    if (!isChange || !this.conversation) return;
    this.conversation.state = state;
    this.save();
    this.wake();
  }

  /** Count requests under way; the typing sign shows while an answer is expected. */
  #expect(more) {
    this.#inFlight = Math.max(0, this.#inFlight + more);
    this.#view.changed();
  }

  #await(isPending) {
    clearTimeout(this.#pending);
    this.#pending = isPending ? setTimeout(() => this.#await(false), MINUTE_MS) : 0;
    this.#view.changed();
  }
}
