/* <ilsa-chat>: the chat of 일사천리 120 for any web page (docs/widget.md). Made of several files
 * by bot/web/widget.py; every sentence comes from data/wording/widget.yml. */

if (customElements.get("ilsa-chat")) return;

const OWN_ORIGIN = new URL(document.currentScript?.src || location.href).origin;
