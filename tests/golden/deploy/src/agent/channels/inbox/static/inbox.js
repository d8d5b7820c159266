// Keeps an open page up to date. Without it everything works as well, page by page.
"use strict";

const main = document.querySelector("main");
const news = document.getElementById("news");

// The times of a thread in the reader's own zone.
function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    const day = today ? {} : { day: "numeric", month: "short" };
    time.textContent = at.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }
}

// Whether somebody is typing there: then it is left as it is.
function isInUse(part) {
  const fields = [...part.querySelectorAll("textarea, input:not([type=hidden]), select")];
  const changed = (field) =>
    field.type === "radio" ? field.checked !== field.defaultChecked
    : field.options ? [...field.options].some((option) => option.selected !== option.defaultSelected && option.selected)
    : field.value !== field.defaultValue;
  return fields.some((field) => field === document.activeElement || changed(field));
}

function warn(part) {
  if (part.querySelector(".notice")) return;
  const notice = document.createElement("p");
  notice.className = "notice news";
  notice.setAttribute("role", "alert");
  notice.textContent = "This has been settled meanwhile. What you typed is still here; reload to go on.";
  part.prepend(notice);
}

// The times that have passed are no news.
function bare(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll(".ago")) time.remove();
  return copy.innerHTML;
}

// Takes from the new page what differs, and says so.
function take(page) {
  for (const part of page.querySelectorAll("[data-part]")) {
    const old = document.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old || (part.dataset.version && part.dataset.version === old.dataset.version)) continue;
    if (bare(part) === bare(old)) {
      const times = part.querySelectorAll(".ago");
      old.querySelectorAll(".ago").forEach((time, n) => { time.textContent = times[n].textContent; });
      continue;
    }
    if (isInUse(old)) {
      if (part.dataset.call !== old.dataset.call) warn(old);
      continue;
    }
    const known = new Set([...old.querySelectorAll(".entry[id]")].map((entry) => entry.id));
    const open = [...old.querySelectorAll("details[open]")].map((each) => each.closest("[id]")?.id);
    const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    localize(part);
    old.replaceWith(part);
    for (const entry of part.querySelectorAll(".entry[id]")) {
      if (!known.has(entry.id)) entry.classList.add("fresh");
      if (open.includes(entry.id)) entry.querySelector("details").open = true;
    }
    [...part.querySelectorAll("[href]")].find((link) => link.getAttribute("href") === focused)?.focus();
    const news = part.querySelector("[data-part=ask] > .card h2, .tabs a");
    if (news && part.dataset.part !== "story") say(news.textContent);
  }
  document.title = page.title;
}

function say(text) {
  if (news.textContent !== text) news.textContent = text;
}

let fetching = null;
let again = false;

// One at a time; what happens meanwhile is fetched once more.
async function refresh(address) {
  if (fetching) {
    again = true;
    return;
  }
  fetching = fetch(address, { headers: { Accept: "text/html" } });
  try {
    const answer = await fetching;
    if (answer.redirected) location.reload();  // the session has ended
    else if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The server is away; whoever listens asks again.
  } finally {
    fetching = null;
  }
  if (again) {
    again = false;
    await refresh(address);
  }
}

// A page that nobody looks at holds no connection: a browser has six for a server.
function whileVisible(begin) {
  let end = document.hidden ? null : begin();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      end?.();
      end = null;
    } else {
      end ??= begin();
    }
  });
}

function follow(events, page) {
  const part = (name) => document.querySelector(`[data-part="${name}"]`).dataset;
  let source = null;
  let timer = null;
  const listen = () => {
    const seen = part("story").version - 1;
    source = new EventSource(`${events}?after=${seen}`);
    source.onmessage = () => {
      timer ??= setTimeout(() => {
        timer = null;
        refresh(page);
      }, 200);
    };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;  // it asks again by itself
      clearTimeout(timer);
      timer = setTimeout(async () => {
        timer = null;
        await refresh(page);
        if (!part("ask").ended) listen();
      }, 2000);
    };
  };
  let seen = Promise.resolve();  // what was loaded just now is up to date
  whileVisible(() => {
    (seen ?? refresh(page)).then(() => part("ask").ended || listen());
    return () => {
      source?.close();
      clearTimeout(timer);
      timer = seen = null;
    };
  });
}

// Where a list takes long to make, it is asked for less often.
function poll(page) {
  whileVisible(() => {
    let timer = null;
    const look = async () => {
      const begun = performance.now();
      await refresh(page);
      if (timer) wait(performance.now() - begun);
    };
    const wait = (took) => { timer = setTimeout(look, Math.max(4000, 20 * took)); };
    wait(0);
    return () => {
      clearTimeout(timer);
      timer = null;
    };
  });
}

// Whoever is signed in and came by a link from elsewhere need not sign in again.
async function goOn(next) {
  const answer = await fetch(next, { redirect: "manual" }).catch(() => null);
  if (answer?.ok) location.replace(next);
}

if (main.dataset.events) follow(main.dataset.events, main.dataset.page);
if (main.dataset.poll) poll(main.dataset.poll);
if (main.dataset.goOn) goOn(main.dataset.goOn);
localize(document);
