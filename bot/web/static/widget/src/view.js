/* How the chat looks: as the citizen chose it in this browser, else as the page and system say. */

const DARK = "(prefers-color-scheme: dark)";
const CONTRAST = "(prefers-contrast: more)";

class View {
  #key;
  #kept;
  #host;

  constructor(host, key) {
    this.#host = host;
    this.#key = `${key}:view`;
    this.#kept = recall("localStorage", this.#key) ?? {};
  }

  get key() {
    return this.#key;
  }

  get theme() {
    return this.#kept.theme ?? this.#host.getAttribute("theme") ?? "auto";
  }

  get large() {
    return this.#kept.large ?? this.#host.getAttribute("text-size") === "large";
  }

  get contrast() {
    return this.#kept.contrast ?? matchMedia(CONTRAST).matches;
  }

  /** The page's language, until the citizen chooses another one on that page. */
  get language() {
    const page = this.#host.getAttribute("lang")?.startsWith("en") ? "en" : "ko";
    return this.#kept.language?.on === page ? this.#kept.language.chosen : page;
  }

  /** Another tab chose. */
  reload() {
    this.#kept = recall("localStorage", this.#key) ?? {};
  }

  set(name, value) {
    const on = this.#host.getAttribute("lang")?.startsWith("en") ? "en" : "ko";
    this.#kept[name] = name === "language" ? { on, chosen: value } : value;
    keep("localStorage", this.#key, this.#kept);
  }

  /** Put it on the elements of the chat. */
  show(...nodes) {
    const isDark = this.theme === "dark" || (this.theme !== "light" && matchMedia(DARK).matches);
    for (const node of nodes) {
      node.dataset.mode = this.contrast ? "contrast" : isDark ? "dark" : "light";
      node.classList.toggle("large", this.large);
    }
  }

  /** A sheet with the page's own colour; the text on it is black or white, whichever is clearer. */
  paint(sheet) {
    const color = this.#host.getAttribute("color") ?? "";
    const isColor = /^#[0-9a-f]{6}$/i.test(color);
    sheet.replaceSync(isColor ? `:is(.launcher, .panel):not([data-mode="contrast"]) {
      --brand: ${color}; --brand-hover: ${color}; --bar: ${color};
      --on-brand: ${textOn(color)}; --on-bar: ${textOn(color)}; --bar-subtle: ${textOn(color)}; }` : "");
  }
}

/** Black or white on a colour, by WCAG's relative luminance: one of them has at least 4.5:1. */
function textOn(color) {
  const channels = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16) / 255);
  const linear = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return luminance > 0.179 ? "#000" : "#fff";
}
