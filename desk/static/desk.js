// Renews the parts of a page that say where from: <div data-live="/part/url">. Nothing on the page needs this to work.
"use strict";

(() => {
  const EVERY_MS = 5000;
  const parts = [...document.querySelectorAll("[data-live]")];
  const pause = document.getElementById("pause");
  const stale = document.getElementById("stale");
  let paused = sessionStorage.getItem("paused") === "yes";

  // A part is left alone while somebody works in it: what he types, has opened or stands on would be gone.
  const isInUse = (part) => part.contains(document.activeElement) || part.querySelector("details[open]") !== null;

  const show = () => {
    pause.hidden = parts.length === 0;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume live updates" : "Pause live updates";
  };

  const renew = async (part) => {
    const answer = await fetch(part.dataset.live, { credentials: "same-origin", redirect: "error" });
    if (answer.status === 401) {
      location.reload();
    } else if (!answer.ok) {
      throw new Error(String(answer.status));
    } else {
      const text = await answer.text();
      if (!isInUse(part)) part.innerHTML = text;
    }
  };

  const round = async () => {
    if (!paused && !document.hidden) {
      const done = await Promise.allSettled(parts.filter((part) => !isInUse(part)).map(renew));
      const isStale = done.some((one) => one.status === "rejected");
      if (isStale !== (stale.textContent !== "")) {
        stale.textContent = isStale ? "The desk does not answer; what you see may be old." : "";
      }
    }
    setTimeout(round, EVERY_MS);
  };

  pause.addEventListener("click", () => {
    paused = !paused;
    sessionStorage.setItem("paused", paused ? "yes" : "no");
    show();
  });
  show();
  if (parts.length > 0) setTimeout(round, EVERY_MS);
})();
