/* The sheet behind the menu button: how the chat looks, and what else one can do with the talk. */

class Menu {
  button = button("icon", () => this.toggle(), icon("menu"));
  node = make("section", { className: "menu", id: "menu", role: "group", hidden: true });
  #host;
  #view;
  #codeText = make("p", { className: "code", role: "status" });

  /** `host` does what is pressed: save, code, erase, and onMenu(isOpen) when the sheet moves. */
  constructor(view, host) {
    this.#view = view;
    this.#host = host;
    this.button.setAttribute("aria-controls", "menu");
    this.#turn(false);
  }

  get isOpen() {
    return !this.node.hidden;
  }

  toggle() {
    this.#turn(!this.isOpen);
    if (this.isOpen) this.node.querySelector("h3").focus();
    else this.button.focus();
  }

  #turn(isOpen) {
    this.node.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.#host.onMenu(isOpen);
  }

  /** Close without moving the focus. */
  close() {
    if (this.isOpen) this.#turn(false);
  }

  label({ words, features, status, hours }, language) {
    const { button: opener } = this;
    opener.setAttribute("aria-label", words.menu);
    opener.title = words.menu;
    this.node.setAttribute("aria-label", words.menu);
    const view = this.#view;
    const set = (name, value) => () => this.#set(name, value);
    const themes = ["auto", "light", "dark"].map((theme) =>
      this.#choice(words[`theme_${theme}`], view.theme === theme, set("theme", theme)));
    const languages = ["ko", "en"].map((each) =>
      this.#choice(words[`language_${each}`], language === each, set("language", each), each));
    this.#codeText.textContent = "";
    const rows = [
      make("h3", { tabIndex: -1, textContent: words.menu_look }),
      this.#row(words.size,
        this.#choice(words.size_normal, !view.large, set("large", false)),
        this.#choice(words.size_large, view.large, set("large", true))),
      this.#row(words.contrast,
        this.#choice(words.off, !view.contrast, set("contrast", false)),
        this.#choice(words.on, view.contrast, set("contrast", true))),
      this.#row(words.theme, ...themes),
      this.#row(words.language, ...languages),
      make("h3", { textContent: words.menu_talk }),
      button("entry", () => this.#host.saveTalk(), words.save),
      features.code && button("entry", () => this.#host.showCode(this.#codeText), words.code),
      features.code && this.#codeText,
      status && make("a", { className: "entry", href: status, target: "_blank",
        rel: "noopener" }, words.status, icon("out"),
        make("span", { className: "hidden", textContent: ` (${words.new_window})` })),
      button("entry danger", () => this.#host.askErase(), words.erase),
      make("p", { className: "small" }, ...inline(fill(words.hours, hours))),
    ];
    this.node.replaceChildren(...rows.filter(Boolean));
  }

  #row(name, ...choices) {
    return make("div", { className: "row", role: "group", "aria-label": name },
      make("span", { textContent: name, "aria-hidden": "true" }),
      make("div", {}, ...choices));
  }

  #choice(title, isOn, onclick, lang = "") {
    const node = button("option", onclick, title);
    node.setAttribute("aria-pressed", String(isOn));
    if (lang) node.lang = lang;
    return node;
  }

  /** Set a way to look; the pressed button keeps the focus though all are drawn anew. */
  #set(name, value) {
    const buttons = () => [...this.node.querySelectorAll(".option")];
    const index = buttons().indexOf(this.node.getRootNode().activeElement);
    this.#host.set(name, value);
    buttons()[index]?.focus();
  }
}
