// The one stream of a console: the server says that something changed, and who else looks.

export function listen({ changed, looking, streams }) {
  const where = document.body.dataset.events;
  if (!where || !window.EventSource) return;
  const source = new EventSource(where);
  source.addEventListener("open", () => streams(true));
  source.addEventListener("changed", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("looking", (event) => looking(JSON.parse(event.data)));
  source.addEventListener("signed_out", () => {
    source.close();
    location.reload();
  });
  // The browser connects again by itself; until then the page asks as it does without a stream.
  source.addEventListener("error", () => streams(false));
  window.addEventListener("pagehide", () => source.close());
}
