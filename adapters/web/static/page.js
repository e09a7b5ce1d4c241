// Makes the page quicker; without it every form and link still works. Nothing here writes a member's words as HTML:
// what it shows came from the server, which escapes them.

const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const token = $('meta[name="token"]').content;
const fresh = () => [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");
const say = (text) => { $("#status").textContent = text; if (text) setTimeout(() => { if ($("#status").textContent === text) $("#status").textContent = ""; }, 8000); };
document.documentElement.classList.add("scripted");

// --- put what the server sent in the place of what stands, touching only what differs ---

// A menu that somebody has just opened is no difference.
const plain = (node) => node.outerHTML.replace(/name="delivery" value="[^"]*"| aria-disabled="true"/g, "").replace(/(<details[^>]*) open=""/g, "$1");

// Where the keyboard stands, in words that outlive a redrawn message: the nearest id, and the how-many-th control in it.
function placeOf(element) {
  const owner = element?.closest("[id]");
  const controls = (root) => all("a, button, input, select, textarea, summary", root);
  const index = owner && owner !== element ? controls(owner).indexOf(element) : -1;
  return () => {
    if (element?.isConnected) return element;
    const again = owner && document.getElementById(owner.id);
    return (index >= 0 && again && controls(again)[index]) || again;
  };
}
const isLost = () => document.activeElement === document.body || document.activeElement.closest("dialog:not([open])");

function keepingFocus(work) {
  const focused = document.activeElement, place = placeOf(focused);
  work();
  if (focused && !focused.isConnected) place()?.focus({ preventScroll: true });
}

// What somebody has unfolded stays unfolded when its message changes.
function keepOpen(old, copy) {
  const folds = (part) => [part, ...all("details", part)].filter((one) => one.tagName === "DETAILS");
  const open = folds(old).map((one) => one.open);
  folds(copy).forEach((one, index) => { one.open ||= Boolean(open[index]); });
}

function mergeList(list, next) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const known = new Set(all("article[id]", list).map((one) => one.id));
  const wanted = [...next.children];
  const ids = new Set(wanted.map((child) => child.id));
  for (const child of [...list.children]) if (!ids.has(child.id)) child.remove();
  wanted.forEach((child, index) => {
    const old = child.id && [...list.children].find((one) => one.id === child.id);
    if (old && plain(old) === plain(child)) { if (list.children[index] !== old) list.insertBefore(old, list.children[index]); return; }
    const copy = document.importNode(child, true);
    if (old) { keepOpen(old, copy); old.replaceWith(copy); }
    else list.insertBefore(copy, list.children[index] ?? null);
  });
  if (list.getAttribute("role") !== "log") return;
  const last = all("article[id]", list).at(-1);
  if (atEnd) list.scrollTop = list.scrollHeight;
  else if (last && !known.has(last.id)) below = [list.id, last.id];
}

// What arrives below the part that is read does not move the page; a button leads there.
const newer = $("#newer");
let below = null; // the ids of a list and of the message that came
const belowParts = () => below?.map((id) => document.getElementById(id)) ?? [];
function lookBelow() {
  const [list, message] = belowParts();
  if (!message || message.getBoundingClientRect().top < list.getBoundingClientRect().bottom - 40) below = null;
  newer.hidden = !below;
}
newer.addEventListener("click", () => {
  const [list, message] = belowParts();
  list.scrollTop += message.getBoundingClientRect().top - list.getBoundingClientRect().top - 12;
  message.focus({ preventScroll: true });
  lookBelow();
});
document.addEventListener("scroll", lookBelow, true);

// --- after a deed of one's own: what came of it is in sight, and the keyboard stays near ---

const shown = () => all("article[id], [data-ephemeral]").map((one) => one.id);

function showNew(before, form) {
  const fresh = all("article[id], [data-ephemeral]").filter((one) => !before.includes(one.id));
  const replies = fresh.filter((one) => "ephemeral" in one.dataset);
  const told = replies.length ? replies : form.matches(".composer, .bar form") ? fresh.slice(-1) : [];
  const log = told[0]?.closest(".log");
  if (log) {  // the log alone moves: scrollIntoView would push the whole page up as well
    const frame = log.getBoundingClientRect(), room = 12;
    const under = told.at(-1).getBoundingClientRect().bottom + room - frame.bottom;
    if (under > 0) log.scrollTop += under;
    const over = told[0].getBoundingClientRect().top - room - frame.top;
    if (over < 0) log.scrollTop += over;
  }
  if (!isLost()) return;
  const about = $('input[name="receipt"]', form)?.value;
  const next = told[0] ?? (about && document.getElementById(about)) ?? $("#thread-log") ?? $("#log");
  next?.focus({ preventScroll: true });
}

function merge(next) {
  if ((next.body.className || "") !== document.body.className || $("main", next)?.children.length !== $("main").children.length) return false;
  keepingFocus(() => {
    for (const part of all("[data-part]")) {
      if (all("textarea", part).some((area) => area.value)) continue; // somebody is writing here: their words stay
      const other = next.getElementById(part.id);
      if (other && plain(other) !== plain(part)) {
        const open = part.matches(":popover-open");
        const copy = document.importNode(other, true);
        part.replaceWith(copy);
        if (open) copy.showPopover();
      }
    }
    for (const list of all("[data-list]")) { const other = next.getElementById(list.id); if (other) mergeList(list, other); }
  });
  lookBelow();
  return true;
}

const parse = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");

let waiting = false, again = false;
async function refresh() {
  if (waiting) { again = true; return; }
  waiting = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.ok) merge(await parse(response));
  } catch { /* the stream reconnects by itself and tells again */ }
  waiting = false;
  if (again) { again = false; refresh(); }
}

// Only a page that is looked at listens: browsers allow six open connections to one server, over all tabs.
let stream = null, missed = true; // at first: something may be said between the page and its stream
function listen() {
  stream?.close();
  stream = null;
  if (document.hidden) { missed = true; return; }
  stream = new EventSource("/live");
  stream.onmessage = refresh;
  stream.onopen = () => { if (missed) refresh(); missed = false; };
  stream.onerror = () => { missed = true; };
}
if ($("[data-list], main [data-part]")) {
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => stream?.close());
  listen();
}

// --- forms ---

const dialog = $("#dialog");
let opener = () => null;
dialog.addEventListener("close", () => { if (isLost()) opener()?.focus({ preventScroll: true }); });
function showForm(form) {
  $("div", dialog).replaceChildren(document.importNode(form, true));
  if (!dialog.open) { opener = placeOf(document.activeElement); dialog.showModal(); }
  ($('[aria-invalid="true"]', dialog) ?? $("textarea, input:not([type=hidden]), select", dialog))?.focus();
}
document.addEventListener("click", (event) => {
  if (event.target.closest("dialog [data-close]")) { event.preventDefault(); dialog.close(); }
  const link = event.target.closest("a[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    fetch(link.href).then(parse).then((next) => showForm($("form[data-form]", next))).catch(() => { location.href = link.href; });
  }
  for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".menu[open]")) event.target.lastElementChild.scrollIntoView({ block: "nearest" });
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of all(".menu[open]")) { menu.open = false; $("summary", menu).focus(); }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.getAttribute("method") !== "post" || "whole" in form.dataset || form.closest(".example")) {
    if (form.closest(".example")) event.preventDefault();
    return;
  }
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const data = new FormData(form);
  if (event.submitter?.name) data.append(event.submitter.name, event.submitter.value);
  event.submitter?.setAttribute("aria-disabled", "true");
  const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  const before = shown(); // now: the stream may show the reply before this request has its answer
  try {
    const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "text/html" } });
    const next = await parse(response);
    const asked = $("form[data-form]", next);
    if (!response.ok) say($("main p", next)?.textContent ?? "That did not work. Please try again.");
    else if (asked && $("main", next).contains(asked)) showForm(asked);
    else {
      if (form.closest("dialog")) dialog.close();
      if (form.matches(".composer")) { form.reset(); showCommands(form); }
      form.closest("[popover]")?.hidePopover?.();
      if (!merge(next)) location.href = response.url;
      else showNew(before, form);
    }
  } catch {
    say("Not sent: the server cannot be reached. Your words are still here. Please try again.");
    return;
  } finally {
    delete form.dataset.busy;
    event.submitter?.removeAttribute("aria-disabled");
  }
  for (const input of all('input[name="delivery"]', form)) input.value = fresh();
});

document.addEventListener("change", (event) => {
  if ("send" in event.target.dataset) event.target.form.requestSubmit();
  if (event.target.type === "file") measure(event.target);
});

async function measure(input) {
  const field = all("[data-seconds]").find((one) => one.dataset.seconds === input.id);
  const file = input.files[0];
  if (!field || !file) return;
  if (file.size > 10_000_000) { say("A file may have 10 MB at most."); input.value = ""; return; }
  field.value = "0";
  if (!file.type.startsWith("audio/")) return;
  const context = new AudioContext();
  try { field.value = String(Math.round((await context.decodeAudioData(await file.arrayBuffer())).duration)); }
  catch { /* a sound this browser cannot read: its length stays unknown */ }
  finally { context.close(); }
}

// --- composer: Enter sends, "/" lists the commands ---

function showCommands(form) {
  const list = $(".commands", form);
  if (!list) return;
  const typed = $("textarea", form).value.trimStart().toLowerCase();
  let some = false;
  for (const item of list.children) {
    const command = $("button", item).dataset.command;
    const fits = typed.startsWith("/") && command.startsWith(typed) && typed !== command;
    item.hidden = !fits;
    $("button", item).classList.remove("chosen");
    some ||= fits;
  }
  list.hidden = !some;
}
function complete(form, button) {
  const area = $("textarea", form);
  area.value = `${button.dataset.command.trimEnd()} `;
  area.focus();
  $(".commands", form).hidden = true;
}
document.addEventListener("input", (event) => {
  if (event.target.matches(".composer textarea")) showCommands(event.target.form);
  if (event.target.dataset.suggest) suggest(event.target);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-command]");
  if (button) complete(button.closest("form"), button);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".composer textarea") || event.isComposing) return;
  const form = event.target.form, list = $(".commands", form);
  const shown = list && !list.hidden ? all("li:not([hidden]) button", list) : [];
  const at = shown.findIndex((button) => button.classList.contains("chosen"));
  if (shown.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    shown[at]?.classList.remove("chosen");
    const next = shown[(at + (event.key === "ArrowDown" ? 1 : shown.length - 1) + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % shown.length];
    next.classList.add("chosen");
    next.scrollIntoView({ block: "nearest" });
  } else if (shown.length && event.key === "Escape") list.hidden = true;
  else if (shown.length && (event.key === "Tab" && !event.shiftKey || event.key === "Enter" && at >= 0)) { event.preventDefault(); complete(form, shown[Math.max(at, 0)]); }
  else if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); if (event.target.value.trim()) form.requestSubmit($("button.primary", form)); }
});

let suggesting;
function suggest(input) {
  clearTimeout(suggesting);
  suggesting = setTimeout(async () => {
    const query = new URLSearchParams({ source: input.dataset.suggest, typed: input.value });
    const response = await fetch(`/api/suggest?${query}`).catch(() => null);
    if (!response?.ok) return;
    const { options } = await response.json();
    const list = document.getElementById(input.getAttribute("list"));
    list.replaceChildren(...options.map((option) => { const row = document.createElement("option"); row.value = option.label; row.label = option.help; return row; }));
  }, 150);
}

// --- at the start ---

if (!document.body.dataset.zone) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const body = new URLSearchParams({ token, zone: zone ?? "" });
  if (zone) fetch("/do/zone", { method: "POST", body, headers: { Accept: "application/json" } }).then(refresh).catch(() => {});
}
for (const list of all('.log[role="log"]')) if (!location.hash) list.scrollTop = list.scrollHeight;
