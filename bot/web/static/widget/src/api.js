/* The citizen API over HTTP. */

const SEND_LIMIT_MS = MINUTE_MS; // twice what the gateway waits for an answer

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

  /** Words, quick topics, hours and what this service can do. */
  async about(language, signal) {
    return (await this.#call(`/api/widget?language=${language}`, { signal })).json();
  }

  async create(language) {
    return this.#post("/api/conversations", JSON.stringify({ language }));
  }

  /** Send a text, a pressed button, a spot or a photo (a File). */
  async send({ id, token }, { photo, ...message }) {
    const path = `/api/conversations/${id}/${photo ? "photos" : "messages"}`;
    if (!photo) return this.#post(path, JSON.stringify(message), token);
    const form = new FormData();
    form.append("client_id", message.client_id);
    form.append("photo", photo);
    return this.#post(path, form, token);
  }

  async rate({ id, token }, score) {
    return this.#post(`/api/conversations/${id}/satisfaction`, JSON.stringify({ score }), token);
  }

  async messages(conversation, after, signal) {
    return (await this.#own(conversation, `/messages?after=${after}`, { signal })).json();
  }

  /** The short code that leads a counsellor on the phone to this conversation. */
  async code(conversation) {
    return (await this.#own(conversation, "/code")).json();
  }

  async erase(conversation) {
    return this.#own(conversation, "", { method: "DELETE" });
  }

  /** Follow the event stream. Yields `{event, id, data}`, and null for a heartbeat. */
  async *events(conversation, after, signal) {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(after) };
    const options = { headers, signal, cache: "no-store" };
    const response = await this.#own(conversation, "/events", options);
    yield null;
    yield* parseEvents(response.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  async #own({ id, token }, path, options = {}) {
    const headers = { ...options.headers, Authorization: `Bearer ${token}` };
    return this.#call(`/api/conversations/${id}${path}`, { ...options, headers });
  }

  async #post(path, body, token) {
    const headers = typeof body === "string" ? { "Content-Type": "application/json" } : {};
    if (token) headers.Authorization = `Bearer ${token}`;
    const signal = AbortSignal.timeout(SEND_LIMIT_MS);
    const response = await this.#call(path, { method: "POST", headers, body, signal });
    return response.json().catch(() => ({}));
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

