// Brings what is new into the page. Without it every page works; it shows then what was known when it was loaded.
"use strict";

const state = document.getElementById("state");
const list = document.getElementById("stories");
const target = list || document.getElementById("part");
const ROWS_HELD = 500; // rows that a page keeps when it stays open

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

function trouble(text) {
  say(text ? "The broker does not answer: " + text : "");
}

// The server has escaped what comes from the news; this only turns its markup into nodes.
function nodes(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// A part is replaced as a whole; who was on a link in it stays there.
function replace(html) {
  const focused = target.contains(document.activeElement) && document.activeElement.getAttribute("href");
  target.replaceChildren(nodes(html));
  if (focused) target.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
}

// ---- stories: at the top they come in by themselves; further down they wait, so that nobody loses the line.
const waiting = new Map();
const fresh = document.getElementById("fresh");

function show(id, html) {
  const row = nodes(html).firstElementChild;
  const old = document.getElementById("s-" + id);
  if (old) {
    if (old.querySelector("details")?.open && row.querySelector("details")) row.querySelector("details").open = true;
    if (!old.contains(document.activeElement)) old.replaceWith(row);
    return;
  }
  document.getElementById("empty")?.remove();
  // Newest first, by time and id, as the server orders them.
  const time = (story) => parseFloat(story.dataset.before);
  const next = [...list.querySelectorAll(".story")].find((story) => time(story) <= time(row));
  row.classList.add("new");
  list.insertBefore(row, next || list.querySelector(".more"));
  const count = document.getElementById("count");
  count.textContent = (parseInt(count.textContent.replace(/,/g, ""), 10) + 1).toLocaleString("en");
  const rows = list.querySelectorAll(".story");
  if (rows.length > ROWS_HELD) rows[rows.length - 1].remove();
}

function showWaiting() {
  for (const [id, html] of waiting) show(id, html);
  waiting.clear();
  fresh.hidden = true;
}

function story(event) {
  const { id, html } = JSON.parse(event.data);
  if (window.scrollY < 200 || document.getElementById("s-" + id)) return show(id, html);
  waiting.set(id, html);
  if (waiting.size > 100) return location.reload();
  fresh.textContent = waiting.size === 1 ? "1 new story" : waiting.size + " new stories";
  fresh.hidden = false;
}

if (fresh) {
  fresh.addEventListener("click", () => {
    window.scrollTo({ top: 0 });
    showWaiting();
  });
}

// ---- older stories come as they are scrolled to
const older = "IntersectionObserver" in window && new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) more(entry.target);
}, { rootMargin: "600px" });

async function more(paragraph) {
  older.unobserve(paragraph);
  try {
    const answer = await fetch(paragraph.querySelector("a").href + "&rows=1");
    if (!answer.ok) return;
    paragraph.replaceWith(nodes(await answer.text()));
    watch();
  } catch {
    older.observe(paragraph);
  }
}

function watch() {
  const paragraph = list?.querySelector(".more");
  if (paragraph && older) older.observe(paragraph);
}

// ---- the connection
let lost = 0;

function listen() {
  const address = target.dataset.live;
  const source = new EventSource(address + (address.includes("?") ? "&" : "?") + "since=" + target.dataset.version);
  source.addEventListener("open", () => {
    lost = 0;
    trouble(state.dataset.trouble);
  });
  source.addEventListener("error", () => {
    lost += 1;
    say("The connection is lost; trying again. What is here stays as it was.");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, Math.min(30000, 1000 * 2 ** lost));
  });
  source.addEventListener("story", (event) => {
    target.dataset.version = event.lastEventId;
    story(event);
  });
  source.addEventListener("part", (event) => replace(JSON.parse(event.data).html));
  source.addEventListener("status", (event) => {
    const { stories, trouble: why } = JSON.parse(event.data);
    target.dataset.version = event.lastEventId;
    state.dataset.trouble = why;
    trouble(why);
    document.getElementById("held").textContent = stories.toLocaleString("en");
  });
  source.addEventListener("reload", (event) => {
    source.close();
    // Further down the page the reader decides when.
    // In a flood every few seconds is often enough.
    if (window.scrollY < 200) return setTimeout(() => location.reload(), Math.max(0, 5000 - performance.now()));
    say("Much is new. ");
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Load the page again";
    state.append(link);
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

// On a narrow screen the stories come first; the filters open where they are asked for.
const filters = document.getElementById("filters");
if (filters && matchMedia("(max-width: 54rem)").matches) filters.open = false;

if (target?.dataset.live) listen();
if (list) watch();
