/* Where the citizen writes: the field, photos to go with it, and the shared place. */

const MOST_ROWS = 5;
const MOST_PHOTOS = 5;
const THUMB_PX = 48;
const PLACE_LIMIT_MS = 20_000;

class Composer {
  node;
  field;
  #host;
  #talk;
  #about = { words: {}, features: {} };
  #photos = new Map(); // File -> its chip
  #isInSyllable = false; // an input method holds text that is not in the field for good
  #send = make("button", { type: "submit", className: "send" }, icon("send"));
  #tray = make("div", { className: "tray", hidden: true, role: "group" });
  #hint = make("p", { className: "hint", id: "hint" });
  #file = make("input", { type: "file", accept: "image/*", multiple: true, hidden: true,
    tabIndex: -1 });
  #photo = button("tool", () => this.#file.click(), icon("photo"));
  #place = button("tool", () => this.#askPlace(), icon("place"));

  /** `host` gives confirm(sentence, yes, no, onYes), notice(sentence) and say(sentence). */
  constructor(talk, host) {
    this.#talk = talk;
    this.#host = host;
    this.field = make("textarea", { rows: 1, autocomplete: "off", enterKeyHint: "send",
      "aria-describedby": "hint", oninput: () => this.#fit(), onkeydown: (e) => this.#key(e),
      oncompositionstart: () => (this.#isInSyllable = true),
      oncompositionend: () => (this.#isInSyllable = false),
      onpaste: (event) => this.#paste(event) });
    this.#file.addEventListener("change", () => {
      this.#add(this.#file.files);
      this.#file.value = "";
    });
    this.node = make("form", { onsubmit: (event) => this.#submit(event) }, this.#tray,
      make("div", { className: "line" }, this.field, this.#send),
      make("div", { className: "line" }, this.#photo, this.#place, this.#file, this.#hint));
  }

  label(about) {
    this.#about = about;
    const { words, features } = about;
    const { field } = this;
    field.setAttribute("aria-label", words.input_label);
    field.placeholder = words.input_placeholder;
    this.#send.setAttribute("aria-label", words.send);
    this.#hint.textContent = words.hint;
    this.#tray.setAttribute("aria-label", words.photos_label);
    for (const [tool, name] of [[this.#photo, words.photo], [this.#place, words.place]]) {
      tool.setAttribute("aria-label", name);
      tool.title = name;
    }
    this.#photo.hidden = !features.photos;
    this.#place.hidden = !(isSecureContext && navigator.geolocation);
  }

  close(isClosed) {
    this.field.disabled = this.#send.disabled = this.node.hidden = isClosed;
  }

  /** Take files that were dropped on the chat. */
  drop(event) {
    const { files } = event.dataTransfer;
    if (!files.length || !this.#about.features.photos) return;
    event.preventDefault();
    if (event.type === "drop") this.#add(files);
  }

  // -------------------------------------------------------------- text

  #key(event) {
    // Enter that ends a syllable or picks a candidate belongs to the input method.
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  #fit() {
    const { field } = this;
    field.rows = 1;
    while (field.rows < MOST_ROWS && field.scrollHeight > field.clientHeight) field.rows += 1;
  }

  #submit(event) {
    event.preventDefault();
    const { field } = this;
    if (this.#isInSyllable) {
      // The button was pressed in the middle of a syllable: let the input method end it first.
      field.addEventListener("compositionend", () => setTimeout(() => this.node.requestSubmit()),
        { once: true });
      field.blur();
      return field.focus();
    }
    const text = field.value.trim();
    const photos = [...this.#photos.keys()];
    if (!text && !photos.length) return;
    this.putBack("", true);
    this.#photos.clear();
    this.#tray.replaceChildren();
    this.#tray.hidden = true;
    field.focus();
    let before = null;
    for (const photo of photos) {
      const title = fill(this.#about.words.photo_named, { name: photo.name });
      before = this.#talk.send({ photo }, title, before);
    }
    if (text) this.#talk.send({ text }, text, before);
  }

  /** Put a refused text back into the field, before what was typed since. */
  putBack(text, isWhole = false) {
    this.field.value = isWhole ? text : [text, this.field.value].filter(Boolean).join("\n");
    this.#fit();
  }

  // -------------------------------------------------------------- photos

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !this.#about.features.photos) return;
    event.preventDefault();
    this.#add(files);
  }

  #add(files) {
    const { words, photo_mb: most } = this.#about;
    for (const file of files) {
      // Some systems name no type for HEIC; the service looks into the file anyway.
      if (file.type && !file.type.startsWith("image/")) this.#host.notice(words.photo_type);
      else if (file.size > most * 2 ** 20) this.#host.notice(fill(words.photo_large, { most }));
      else if (this.#photos.size >= MOST_PHOTOS) this.#host.notice(words.photo_many);
      else this.#hold(file);
    }
    this.field.focus();
  }

  async #hold(file) {
    const thumb = make("canvas", { width: THUMB_PX, height: THUMB_PX, hidden: true });
    const take = button("tool", () => this.#drop(file), icon("close"));
    take.setAttribute("aria-label", fill(this.#about.words.photo_remove, { name: file.name }));
    const chip = make("div", { className: "chip" }, thumb,
      make("span", { textContent: file.name }), take);
    this.#photos.set(file, chip);
    this.#tray.append(chip);
    this.#tray.hidden = false;
    this.#host.say(fill(this.#about.words.photo_named, { name: file.name }));
    // A picture that this browser cannot draw (HEIC) is known by its name alone.
    const image = await createImageBitmap(file).catch(() => null);
    if (!image) return;
    const scale = THUMB_PX / Math.min(image.width, image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    const [left, top] = [(THUMB_PX - width) / 2, (THUMB_PX - height) / 2];
    thumb.getContext("2d").drawImage(image, left, top, width, height);
    thumb.hidden = false;
  }

  #drop(file) {
    this.#photos.get(file).remove();
    this.#photos.delete(file);
    this.#tray.hidden = !this.#photos.size;
    this.field.focus();
  }

  // -------------------------------------------------------------- place

  #askPlace() {
    const { place_ask: ask, place_yes: yes, confirm_cancel: no } = this.#about.words;
    this.#host.confirm(ask, yes, no, () => this.#sharePlace());
  }

  #sharePlace() {
    const { words } = this.#about;
    this.#host.say(words.place_finding);
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) =>
        this.#talk.send({ location: { latitude, longitude } }, words.place_sent),
      ({ code }) => this.#host.notice(code === 1 ? words.place_denied : words.place_unknown),
      { enableHighAccuracy: true, timeout: PLACE_LIMIT_MS, maximumAge: MINUTE_MS },
    );
  }
}
