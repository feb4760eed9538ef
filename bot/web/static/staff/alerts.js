// Signs beside the page: a sound and a browser notification, each to be switched off. What was
// chosen is kept in this browser. Nothing of a conversation stands in them.

const DEFAULTS = { keys: true, sound: true, notify: false };
let before = null;

export function setting(name) {
  try {
    const kept = localStorage.getItem(`desk.${name}`);
    return kept === null ? DEFAULTS[name] : kept === "yes";
  } catch {
    return DEFAULTS[name];
  }
}

function keep(name, on) {
  try {
    localStorage.setItem(`desk.${name}`, on ? "yes" : "no");
  } catch {
    // A browser that keeps nothing: it holds until the page is left.
    DEFAULTS[name] = on;
  }
}

export function watchSettings() {
  for (const box of document.querySelectorAll("[data-setting]")) {
    const name = box.dataset.setting;
    box.checked = setting(name);
    box.addEventListener("change", async () => {
      if (name === "notify" && box.checked && window.Notification)
        box.checked = (await Notification.requestPermission()) === "granted";
      keep(name, box.checked);
    });
  }
}

function ring(alarm) {
  try {
    const audio = new AudioContext();
    const notes = alarm ? [880, 660, 880, 660] : [660, 880];
    notes.forEach((pitch, place) => {
      const tone = audio.createOscillator();
      const loud = audio.createGain();
      const at = audio.currentTime + place * 0.18;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.12, at);
      loud.gain.exponentialRampToValueAtTime(0.001, at + 0.16);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.17);
    });
  } catch {
    // Browsers refuse sound before somebody touched the page.
  }
}

function notify(alarm) {
  const texts = document.getElementById("notify-text");
  if (!texts || !window.Notification || Notification.permission !== "granted") return;
  const text = alarm ? texts.dataset.alarm : texts.dataset.waiting;
  const shown = new Notification(document.querySelector(".brand").textContent.trim(), {
    body: text,
    tag: "desk",
  });
  shown.addEventListener("click", () => {
    window.focus();
    shown.close();
  });
}

export function noteCounts(counts) {
  const last = before;
  before = counts;
  if (!last) return;
  const alarm = counts.alarms > last.alarms;
  if (!alarm && counts.waiting <= last.waiting) return;
  if (setting("sound")) ring(alarm);
  if (setting("notify") && document.hidden) notify(alarm);
}
