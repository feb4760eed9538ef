// Opens the chat from the page: `data-open-chat` opens it, `data-ask` also sends that question.
document.addEventListener("click", (event) => {
  const trigger = event.target.closest("[data-open-chat], [data-ask]");
  if (!trigger) return;
  const chat = document.querySelector("ilsa-chat");
  if (trigger.dataset.ask) chat.send(trigger.dataset.ask);
  else chat.open();
});
