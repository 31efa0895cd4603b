// Counts the time down, and fetches the page anew every few seconds unless somebody is in the middle of using it.
"use strict";
(() => {
  const every = 4000;

  const left = (ms) => {
    const s = Math.ceil(ms / 1000);
    if (s <= 0) return "ended";
    if (s < 60) return `${s} s`;
    return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  };

  const count = () => {
    for (const time of document.querySelectorAll("time[data-ends]")) time.textContent = left(Date.parse(time.dateTime) - Date.now());
  };

  const renew = async () => {
    const live = document.querySelector("[data-live]");
    if (!live || document.hidden || live.contains(document.activeElement) || live.matches(":hover:active")) return;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-live]");
      if (response.ok && fresh && !live.contains(document.activeElement)) live.replaceWith(fresh);
      count();
    } catch {
      // The app is away; the next time will tell.
    }
  };

  setInterval(count, 1000);
  setInterval(renew, every);
})();
