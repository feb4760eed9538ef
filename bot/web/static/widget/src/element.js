/* <ilsa-chat>: the element, its launcher and panel, its attributes, methods and events. */

class IlsaChat extends HTMLElement {
  static observedAttributes = ["lang", "open", "theme", "text-size", "color"];

  #root = this.attachShadow({ mode: "open" });
  #paint = new CSSStyleSheet();
  #parts = {};
  #about = null; // words and abilities, from /api/widget
  #alive = null; // ends the listeners on window and document
  #api;
  #talk;
  #view;
  #log;
  #composer;
  #menu;
  #afterConfirm = null; // where the focus goes back to

  // -------------------------------------------------------------- public

  /** Open the chat. */
  open() {
    this.setAttribute("open", "");
  }

  /** Close the chat; the conversation goes on. A full-page chat stays open. */
  close() {
    if (!this.#onPage) this.removeAttribute("open");
  }

  /** Open the chat and send `text` as the citizen's question. */
  async send(text) {
    this.open();
    await this.#talk.send({ text }, text);
  }

  /** Leave the conversation and begin a new one. */
  async reset() {
    await this.#restart();
  }

  /** The language that is shown: "ko" or "en". */
  get language() {
    return this.#view?.language ?? "ko";
  }

  // -------------------------------------------------------------- life cycle

  connectedCallback() {
    if (!this.#talk) this.#build();
    this.#alive = new AbortController();
    this.#talk.isLive = true;
    this.#watch(this.#alive.signal);
    if (!this.#about) this.#load(this.#alive.signal);
    else this.#talk.wake();
  }

  disconnectedCallback() {
    this.#alive.abort();
    this.#talk.isLive = false;
    this.#talk.hush();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.#about || before === after) return;
    if (name === "open") this.#showPanel(true);
    else this.#look();
  }

  get #onPage() {
    return this.getAttribute("position") === "page";
  }

  get isOpen() {
    return this.hasAttribute("open") || this.#onPage;
  }

  #watch(signal) {
    const on = (target, name, listener) => target?.addEventListener(name, listener, { signal });
    on(window, "online", () => this.#talk.backOnline());
    on(window, "offline", () => this.notice(this.#about?.words.offline));
    on(window, "storage", (event) => this.#otherTab(event));
    on(document, "visibilitychange", () => this.#talk.wake());
    on(matchMedia(SMALL_SCREEN), "change", () => this.#setModal());
    for (const query of [DARK, CONTRAST]) on(matchMedia(query), "change", () => this.#look());
    for (const name of ["resize", "scroll"]) {
      on(window.visualViewport, name, () => this.#fitKeyboard());
    }
  }

  #otherTab(event) {
    if (event.key === this.#view.key) {
      this.#view.reload();
      this.#look();
    } else if (this.#about) this.#talk.otherTab(event);
  }

  /** Without its words the widget shows nothing, so it tries until it has them. */
  async #load(signal) {
    const language = this.#view.language;
    for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        const about = await this.#api.about(language, signal);
        if (language !== this.#view.language || signal.aborted) return;
        const isFirst = !this.#about;
        this.#about = about;
        this.#label();
        if (isFirst) this.#firstShow();
        return;
      } catch {
        await pause(wait, signal);
      }
    }
  }

  #firstShow() {
    const { key, outgoing } = this.#talk;
    for (const clientId of outgoing.keys()) this.place(clientId);
    const wasOpen = recall("sessionStorage", `${key}:open`);
    if (wasOpen && !this.isOpen) this.setAttribute("open", "");
    this.#parts.panel.classList.add("still");
    this.#showPanel(false);
    this.#talk.wake();
  }

  // -------------------------------------------------------------- building

  #build() {
    this.#api = new Api(this.getAttribute("endpoint") || OWN_ORIGIN);
    this.#talk = new Talk(this.#api, this);
    this.#view = new View(this, this.#talk.key);
    this.#log = new Log(this.#talk, this.#api.endpoint);
    this.#composer = new Composer(this.#talk, this);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet, this.#paint];
    const parts = this.#parts;
    parts.launcherText = make("span");
    parts.badge = make("span", { className: "badge", hidden: true, "aria-hidden": "true" });
    parts.launcher = button("launcher", () => this.open(), icon("chat"), parts.launcherText,
      parts.badge);
    Object.assign(parts.launcher, { hidden: true, ariaExpanded: "false" });
    const drop = (event) => this.#composer.drop(event);
    parts.panel = make("section", { className: "panel", role: "dialog", "aria-labelledby": "title",
      hidden: true, onkeydown: (event) => this.#key(event), ondragover: drop, ondrop: drop });
    this.#menu = new Menu(this.#view, this);
    parts.body = make("div", { className: "body" }, this.#buildState(), this.#log.node,
      this.#buildConfirm(), this.#buildNotice(), this.#composer.node);
    parts.panel.append(this.#buildHeader(), this.#menu.node, parts.body);
    this.#root.append(parts.launcher, parts.panel);
  }

  #buildHeader() {
    const parts = this.#parts;
    parts.title = make("h2", { id: "title", tabIndex: -1 });
    parts.subtitle = make("p");
    parts.restartText = make("span", { className: "word" });
    parts.restart = button("icon", () => this.#askRestart(), icon("restart"), parts.restartText);
    parts.close = button("icon", () => this.close(), icon("close"));
    return make("div", { className: "head" }, make("div", {}, parts.title, parts.subtitle), parts.restart,
      this.#menu.button, parts.close);
  }

  #buildState() {
    const parts = this.#parts;
    parts.stateText = make("p");
    parts.anew = button("solid", () => this.#restart());
    parts.score = make("div", { className: "score", role: "group", hidden: true,
      "aria-labelledby": "score" });
    parts.state = make("div", { className: "bar", hidden: true }, parts.stateText, parts.anew,
      parts.score);
    return parts.state;
  }

  #buildConfirm() {
    const parts = this.#parts;
    parts.confirmText = make("p", { id: "confirm" });
    parts.confirmYes = button("solid", null);
    parts.confirmNo = button("ghost", () => this.#cancel());
    parts.confirm = make("div", { className: "bar confirm", role: "alertdialog", hidden: true,
      "aria-labelledby": "confirm" }, parts.confirmText, parts.confirmNo, parts.confirmYes);
    return parts.confirm;
  }

  #buildNotice() {
    const parts = this.#parts;
    parts.noticeText = make("p", { role: "alert" });
    parts.noticeAction = button("ghost", null);
    parts.notice = make("div", { className: "bar alert", hidden: true }, parts.noticeText,
      parts.noticeAction);
    return parts.notice;
  }

  /** Write the words of the language on everything that stands. */
  #label() {
    const { words } = this.#about;
    const { panel, launcher, title, launcherText, restartText, restart, close, anew } = this.#parts;
    const { language } = this.#view;
    this.#talk.words = words;
    panel.lang = launcher.lang = language;
    title.textContent = words.title;
    launcherText.textContent = words.launcher;
    restartText.textContent = words.restart;
    restart.setAttribute("aria-label", words.restart);
    restart.title = words.restart;
    close.setAttribute("aria-label", words.launcher_close);
    close.title = words.close;
    anew.textContent = words.new_conversation;
    this.#drawScore();
    this.#menu.label(this.#about, language);
    this.#composer.label(this.#about);
    this.#log.label(this.#about, language);
    this.#talk.speak(language, this.#log.isUntouched);
    this.#look();
    this.changed();
  }

  /** Look as chosen; another language than the one that stands is fetched first. */
  #look() {
    if (!this.#about) return;
    this.#view.paint(this.#paint);
    this.#view.show(this.#parts.launcher, this.#parts.panel);
    if (this.#about.language !== this.#view.language) this.#load(this.#alive.signal);
  }

  // -------------------------------------------------------------- open, close, keys

  #showPanel(isMove) {
    const { panel, launcher, close } = this.#parts;
    const { isOpen } = this;
    panel.hidden = !isOpen;
    launcher.hidden = isOpen;
    launcher.ariaExpanded = String(isOpen);
    close.hidden = this.#onPage;
    if (this.#onPage) panel.setAttribute("role", "region");
    else keep("sessionStorage", `${this.#talk.key}:open`, isOpen || null);
    panel.classList.toggle("still", !isMove);
    this.#setModal();
    if (isOpen) {
      this.#fitKeyboard();
      this.#talk.begin();
      this.#log.scroll(null, true);
    } else this.#menu.close();
    this.changed();
    if (isMove) {
      this.#moveFocus();
      this.#tell(isOpen ? "open" : "close");
    }
    this.#talk.wake();
  }

  #moveFocus() {
    const { launcher, title } = this.#parts;
    const { field } = this.#composer;
    if (!this.isOpen) launcher.focus();
    // On touch screens focusing the field would cover half the talk with the keyboard.
    else (matchMedia("(pointer: coarse)").matches || field.disabled ? title : field).focus();
  }

  /** On a small screen the panel covers the page, so it is modal there. */
  #setModal() {
    const isModal = this.isOpen && !this.#onPage && matchMedia(SMALL_SCREEN).matches;
    this.#parts.panel.ariaModal = isModal ? "true" : null;
  }

  /** Keep the field above a phone's keyboard. */
  #fitKeyboard() {
    const { height, offsetTop, scale } = window.visualViewport ?? {};
    if (!height || scale > 1.05) return;
    this.#parts.panel.style.setProperty("--view-height", `${height}px`);
    this.#parts.panel.style.setProperty("--view-top", `${offsetTop}px`);
  }

  #key(event) {
    if (event.key === "Escape" && !isComposing(event)) {
      if (!this.#parts.confirm.hidden) this.#cancel();
      else if (this.#menu.isOpen) this.#menu.toggle();
      else this.close();
      event.stopPropagation();
    }
    if (event.key === "Tab" && this.#parts.panel.ariaModal) this.#turn(event);
  }

  /** Keep Tab inside the panel while it covers the page. */
  #turn(event) {
    const all = this.#parts.panel.querySelectorAll("button, a[href], textarea, .log");
    const stops = [...all].filter(
      (node) => !node.disabled && !node.closest("[inert]") && node.checkVisibility(),
    );
    const [edge, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (this.#root.activeElement !== edge) return;
    event.preventDefault();
    other.focus();
  }

  /** Tell the page. Words of the talk are no part of it, so that no statistics script gets them. */
  #tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  // -------------------------------------------------------------- asking first

  /** Ask above the field before `onYes`. */
  confirm(sentence, yes, no, onYes) {
    const { confirm, confirmText, confirmYes, confirmNo } = this.#parts;
    this.#afterConfirm = this.#root.activeElement;
    this.#menu.close();
    confirmText.textContent = sentence;
    confirmYes.textContent = yes;
    confirmNo.textContent = no;
    confirmYes.onclick = () => {
      this.#cancel();
      onYes();
    };
    confirm.hidden = false;
    confirmNo.focus();
  }

  #cancel() {
    this.#parts.confirm.hidden = true;
    const back = this.#afterConfirm;
    (back?.checkVisibility() ? back : this.#menu.button).focus();
  }

  #askRestart() {
    const { words } = this.#about;
    if (this.#log.isUntouched) return this.#restart();
    const key = this.#talk.isWithPerson ? "confirm_restart_staff" : "confirm_restart";
    this.confirm(words[key], words.confirm_yes, words.confirm_no, () => this.#restart());
  }

  async #restart() {
    await this.#talk.restart();
    this.#tell("reset");
    this.#moveFocus();
  }

  // -------------------------------------------------------------- what the menu does

  onMenu(isOpen) {
    if (this.#parts.body) this.#parts.body.inert = isOpen;
  }

  set(name, value) {
    this.#view.set(name, value);
    this.#look();
    this.#menu.label(this.#about, this.#view.language);
  }

  /** The talk as a text file, made in the browser. */
  saveTalk() {
    const { words } = this.#about;
    const when = (at) => (at ? new Date(at).toLocaleString(this.#view.language) : "");
    const rows = this.#log.messages.map(({ sender, text, created_at: at }) =>
      `[${when(at)}] ${words[`sender_${sender}`]}\n${text}\n`);
    const text = `\ufeff${words.title}\n\n${rows.join("\n")}`.replaceAll("\n", "\r\n");
    const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    const day = new Date().toLocaleDateString("sv");
    make("a", { href, download: `${words.title} ${day}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(href), MINUTE_MS);
  }

  async showCode(place) {
    const { words } = this.#about;
    try {
      const { code } = await this.#talk.code();
      place.replaceChildren(...inline(fill(words.code_told, { code })));
    } catch (error) {
      place.textContent = error.detail ?? words.failed_plain;
    }
  }

  askErase() {
    const { words } = this.#about;
    const erase = async () => {
      try {
        await this.#talk.erase();
        this.#tell("reset");
        const anew = () => this.#restart();
        this.notice(words.erased, words.new_conversation, anew, true);
      } catch (error) {
        this.notice(error.detail ?? words.failed_plain);
      }
    };
    this.confirm(words.confirm_erase, words.erase_yes, words.confirm_cancel, erase);
  }

  // -------------------------------------------------------------- what the talk tells

  get isEmpty() {
    return this.#log.isEmpty;
  }

  show(messages, isHistory = false) {
    for (const { client_id: clientId } of messages) this.#talk.arrived(clientId);
    const fresh = this.#log.show(messages, isHistory);
    this.changed();
    if (isHistory) return;
    for (const { id, sender, topic, ticket } of fresh) {
      this.#tell("message", { id, sender, topic, ticket });
    }
  }

  place(clientId) {
    this.#log.place(this.#talk.draft(clientId));
  }

  redraw(clientId) {
    this.#log.redraw(clientId);
  }

  remove(clientId) {
    this.#log.remove(clientId);
  }

  putBack(text) {
    if (text) this.#composer.putBack(text);
  }

  cleared() {
    this.#log.clear();
  }

  say(sentence) {
    this.#log.say(sentence);
  }

  /** Say what is wrong above the field, with one thing to do about it; null says nothing. */
  notice(sentence, action, onAction, isGood = false) {
    const { notice, noticeText, noticeAction } = this.#parts;
    const isFocused = this.#root.activeElement === noticeAction;
    notice.hidden = !sentence;
    notice.classList.toggle("good", isGood);
    noticeText.textContent = sentence ?? "";
    noticeAction.hidden = !action;
    noticeAction.textContent = action ?? "";
    noticeAction.onclick = onAction ?? null;
    if (isFocused && !action) this.#moveFocus();
  }

  /** Draw anew what depends on who holds the talk and on what was seen. */
  changed() {
    if (!this.#about) return;
    const { words } = this.#about;
    const { state: bar, stateText, anew, score, subtitle } = this.#parts;
    const { state, staff, isTyping, conversation } = this.#talk;
    const isClosed = state === "closed";
    const sentence = this.#stateSentence();
    const isNews = this.#talk.isWithPerson && sentence !== stateText.textContent;
    bar.hidden = !sentence;
    stateText.textContent = sentence;
    if (isNews) this.say(sentence);
    anew.hidden = !isClosed;
    score.hidden = !isClosed || !this.#about.features.satisfaction || conversation?.scored;
    subtitle.textContent = staff ? fill(words.subtitle_staff, { name: staff }) : words.subtitle;
    this.#composer.close(isClosed);
    this.#log.showTyping(isTyping);
    this.#seen();
  }

  #stateSentence() {
    const { words, hours } = this.#about;
    const { state, waiting, staff } = this.#talk;
    const sentence = words[state === "staff" && staff ? "state_staff_named" : `state_${state}`] ?? "";
    if (state !== "waiting") return fill(sentence, { name: staff });
    const { place, minutes } = waiting ?? {};
    const key = minutes ? "waiting_minutes" : "waiting_place";
    const more = place ? fill(words[key], { place, minutes }) : "";
    const closed = hours.open ? "" : fill(words.waiting_closed, hours);
    return [sentence, more, closed].filter(Boolean).join(" ");
  }

  /** What came while the chat was closed is counted on the launcher. */
  #seen() {
    const { badge, launcher } = this.#parts;
    const { conversation } = this.#talk;
    const { words } = this.#about;
    const last = this.#log.messages.findLast(({ seq }) => seq)?.seq ?? 0;
    if (conversation && this.isOpen && last > conversation.seen) {
      conversation.seen = last;
      this.#talk.save();
    }
    const count = conversation ? this.#log.unread(conversation.seen) : 0;
    badge.hidden = !count || this.isOpen;
    badge.textContent = count > 9 ? "9+" : count;
    const news = badge.hidden ? "" : ` - ${fill(words.unread, { count })}`;
    launcher.setAttribute("aria-label", words.launcher_label + news);
  }

  /** Five buttons when the talk has ended. */
  #drawScore() {
    const { words } = this.#about;
    const { score } = this.#parts;
    const rate = async (value) => {
      try {
        await this.#talk.rate(value);
        score.replaceChildren(make("p", { textContent: words.score_thanks, tabIndex: -1 }));
        score.firstChild.focus();
        this.say(words.score_thanks);
      } catch (error) {
        this.notice(error.detail ?? words.failed_plain);
      }
    };
    const buttons = [5, 4, 3, 2, 1].map((value) =>
      button("choice", () => rate(value), words[`score_${value}`]));
    score.replaceChildren(make("p", { id: "score", textContent: words.score_ask }),
      make("div", { className: "buttons" }, ...buttons));
  }
}

customElements.define("ilsa-chat", IlsaChat);
