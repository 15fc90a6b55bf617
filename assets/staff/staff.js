// Keeps the page fresh: the server sends the board again when it has changed, ages are counted on
// here. What somebody is typing, and where the focus is, stay as they are.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const board = document.getElementById("board");
  const lost = document.getElementById("lost");
  const spoken = document.getElementById("spoken");
  const title = document.title;
  let arrived = performance.now();

  const kept = () => board.querySelectorAll("[data-keep]");

  function swap(markup) {
    const focus = document.activeElement?.dataset?.keep;
    const typed = new Map();
    for (const one of kept()) if (one.value) typed.set(one.dataset.keep, one.value);
    board.innerHTML = markup;
    for (const one of kept()) {
      const text = typed.get(one.dataset.keep);
      if (text !== undefined) one.value = text;
      if (focus === one.dataset.keep) one.focus({ preventScroll: true });
    }
    arrived = performance.now();
    tell();
  }

  function tell() {
    const data = board.firstElementChild?.dataset;
    if (!data?.spoken) return;
    const calling = Number(data.calling);
    document.title = calling ? `(${calling}) ${title}` : title;
    if (spoken.textContent !== data.spoken) spoken.textContent = data.spoken;
  }

  function tick() {
    const words = board.firstElementChild?.dataset;
    if (!words?.second) return;
    const passed = (performance.now() - arrived) / 1000;
    for (const one of board.querySelectorAll("time[data-age]")) {
      const seconds = Math.floor(Number(one.dataset.age) + passed);
      const [count, unit] =
        seconds < 60 ? [seconds, words.second]
        : seconds < 3600 ? [Math.floor(seconds / 60), words.minute]
        : [Math.floor(seconds / 3600), words.hour];
      const text = `${count} ${unit}`;
      if (one.textContent !== text) one.textContent = text;
    }
  }

  const events = new EventSource(live.dataset.events);
  events.addEventListener("board", (event) => swap(event.data));
  events.addEventListener("open", () => { lost.hidden = true; });
  events.addEventListener("error", () => {
    lost.hidden = false;
    // The server said no (the session has ended, or too many pages): ask again as a page.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
  tell();
  setInterval(tick, 1000);
})();
