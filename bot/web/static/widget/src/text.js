/* The text of a message as nodes: its lines, points, links and phone numbers. Never HTML. */

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

