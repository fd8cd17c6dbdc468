// Stands between a worker's browser and the network (a service worker): shows kept pages where there is no network, and keeps
// what is recorded there. Nothing is kept of other pages, and nothing of what was read for longer than a day.
"use strict";
importScripts("kept.js", "sealed.js");

var SHELL = "shell";
var READ_ANEW = 30 * 60 * 1000; // a household that was read later than this is not read again
var MOST = 8 * 1000 * 1000; // characters of pages
var PATIENCE = 8000; // ms: then a kept page is shown
var AWAY = [401, 429, 502, 503, 504];
var LEAVES = /^\/(log-in|log-out|lock|take-up\/.*)$/; // whoever comes next sees nothing of what was read
var OF_DOORS = /^\/doors(\/.*)?$/;
var LONGEST = 30000; // characters of a form
var ASKED = { credentials: "same-origin", redirect: "manual" };
var reading = null;
var showOnce = ""; // the page on which an act was kept just now: it is not asked for first
var left = 0; // so many times somebody went: what was asked before is of them

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) {
  event.waitUntil(Promise.all([self.clients.claim(), kept.forgetOld().catch(function () {})]));
});

self.addEventListener("fetch", function (event) {
  var asked = event.request, address = new URL(asked.url);
  if (address.origin !== self.location.origin) return;
  if (asked.mode === "navigate" && LEAVES.test(address.pathname)) {
    event.respondWith(leave(asked));
  } else if (asked.mode === "navigate" && OF_DOORS.test(address.pathname)) {
    event.respondWith(asked.method === "POST" ? act(event, asked, address) : page(event, asked, address));
  } else if (asked.method === "GET" && address.pathname.indexOf("/static/") === 0) {
    event.respondWith(caches.match(asked, { cacheName: SHELL }).then(function (found) { return found || fetch(asked); }));
  }
});

// A page says that it was opened, or that there may be network again.
self.addEventListener("message", function (event) {
  event.waitUntil(heard(event.data));
});

async function heard(what) {
  await kept.forgetOld().catch(function () {});
  var done = await acts.send();
  await tell();
  for (var path of done) await readHousehold(path.split("/")[2]).catch(function () {});
  if (what === "read") await read();
  await tell();
}

async function tell() {
  for (var client of await self.clients.matchAll()) client.postMessage("changed");
}

async function leave(asked) {
  left += 1;
  await kept.forget().catch(function () {});
  return fetch(asked);
}

// -- pages

async function page(event, asked, address) {
  var justKept = address.searchParams.has("kept"), found = null, whose = null;
  try {
    found = await keptPage(keyOf(address), justKept) || await keptPage(address.pathname, justKept);
    whose = await kept.get("whose", "mine");
  } catch (full) { /* it is asked for all the same */ }
  var once = justKept && showOnce === address.pathname;
  showOnce = "";
  if (once && whose) return found || shown(whose.nothing, whose, justKept);
  try {
    var answer = await patient(fetch(asked), found);
    if (answer.status === 403) await kept.forget().catch(function () {});
    if ([502, 504].indexOf(answer.status) >= 0 && found) return found;
    if (answer.status === 200) event.waitUntil(kept.setRight(aheadOf(answer)).catch(function () {}));
    if (answer.status === 200 && keyOf(address) === address.pathname + address.search) {
      event.waitUntil(keepPage(keyOf(address), answer.clone()).catch(function () {}));
    }
    return answer;
  } catch (none) {
    return found || (whose ? shown(whose.nothing, whose, justKept) : Response.error());
  }
}

// Doors that do not fit on the first page stand on others; filters are of the network alone.
function keyOf(address) {
  return address.pathname + (/^\?at=[^&]+$/.test(address.search) ? address.search : "");
}

// How far the server's clock is ahead of the phone's, in ms.
function aheadOf(answer) {
  return Date.parse(answer.headers.get("Date")) - Date.now();
}

// A network that says nothing is none, where there is something to show.
function patient(answer, found) {
  if (!found) return answer;
  return Promise.race([answer, new Promise(function (_, late) { setTimeout(late, PATIENCE); })]);
}

async function keepPage(path, answer) {
  await kept.putPage(path, await answer.text());
}

async function keptPage(path, justKept) {
  var whose = await kept.get("whose", "mine");
  var found = await kept.get("pages", path);
  return whose && found && isWithin(found.at, kept.DAY) ? shown(found.html, whose, justKept) : null;
}

// What lies ahead is of before the phone's clock was put back: nobody knows how old it is.
function isWithin(at, most) {
  var age = Date.now() - at;
  return age >= 0 && age < most;
}

function shown(html, whose, justKept) {
  html = html.replace('id="no-network" hidden', 'id="no-network"');
  if (justKept) html = html.replace('id="act-kept" hidden', 'id="act-kept"');
  // Each showing is a form of its own: two check-ins from one kept page are two.
  html = html.replace(/(name="key" value=")[^"]*/g, "$1" + newKey());
  return new Response(html, { headers: {
    "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": whose.policy, "Cache-Control": "no-store",
  } });
}

function newKey() {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

function hex(bytes) {
  return Array.from(bytes, function (one) { return one.toString(16).padStart(2, "0"); }).join("");
}

// -- acts

// An act is kept before it is sent: whatever ends in between, it is somewhere. It goes once its page has been answered.
async function act(event, asked, address) {
  var form = new URLSearchParams(await asked.text()), path = address.pathname;
  var isAnswer = form.get("sure") === "no"; // "No, type it again" says nothing
  var whose = null, before = null, answer = null;
  try {
    whose = await kept.get("whose", "mine");
    var sent = whose && await tried(path, form, whose);
    if (sent) form.set("at", sent.fieldAt);
    if (sent && !isAnswer && form.toString().length <= LONGEST) {
      before = await acts.keep(sent.id, path, sent.fieldAt, form, whose);
    }
  } catch (full) { /* it is sent all the same */ }
  try {
    answer = await post(path, form, before);
    if (answer.type === "opaqueredirect" && whose) event.waitUntil(readHousehold(path.split("/")[2]).catch(function () {}));
    if (AWAY.indexOf(answer.status) < 0) {
      if (before) await kept.remove("acts", before.id).catch(function () {});
      return answer;
    }
  } catch (none) { /* it waits */ }
  if (isAnswer && whose) return await keptPage(path).catch(function () {}) || shown(whose.nothing, whose);
  if (!before) return answer || Response.error();
  try {
    await acts.wait(before);
  } catch (full) {
    return answer || Response.error();
  }
  await tell();
  if (answer && answer.status === 401) return Response.redirect("/log-in", 303);
  showOnce = path.split("/").slice(0, 3).join("/");
  return Response.redirect(showOnce + "?kept=1", 303);
}

// To a phone that keeps the act the server says that nobody is in: else it leads to the log-in, and the form is lost.
function post(path, form, before) {
  var gaveUp = new AbortController();
  setTimeout(function () { gaveUp.abort(); }, 20000);
  return fetch(path, Object.assign({ method: "POST", body: form, signal: gaveUp.signal }, ASKED, before ? {
    headers: { "Doorstep-Keeps": "1" },
  } : {}));
}

// When this form was sent first: what is sent again is the same act with the same time.
async function tried(path, form, whose) {
  var told = path + "\n" + Array.from(form.entries()).filter(function (one) { return one[0] !== "form_token"; });
  var id = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(told))));
  var before = await kept.get("tries", id);
  var sent = before || { id: id, at: Date.now(), fieldAt: new Date(Date.now() + whose.offset).toISOString() };
  if (!before) await kept.put("tries", sent);
  return sent;
}

// -- what is read for the day

function read() {
  reading = reading || readAll().catch(function () {}).then(function () { reading = null; });
  return reading;
}

async function readAll() {
  var then = left, answer = await fetch("/phone", ASKED);
  if (answer.status !== 200) return;
  var today = await answer.json(), now = Date.now();
  var before = await kept.get("whose", "mine");
  if (before && before.user !== today.user) await kept.forget();
  if (left !== then) return;
  await kept.put("whose", {
    id: "mine", user: today.user, pass: today.pass, key: today.key, offset: new Date(today.now) - now, zone: zoneOf(today.now),
    ahead: aheadOf(answer), policy: answer.headers.get("Content-Security-Policy"), nothing: today.nothing, at: now,
  });
  await keepShell(today.shell);
  for (var [path, html] of Object.entries(today.doors)) await kept.putPage(path, html);
  await dropOthers(today);
  var size = 0;
  for (var household of today.households) {
    var stood = await kept.get("pages", "/doors/" + household);
    if (stood && isWithin(stood.at, READ_ANEW) && before && before.user === today.user) continue;
    size += await readHousehold(household);
    if (size > MOST) return;
  }
}

// Of a moment as 2022-10-01T08:20:00+08:00, in ms.
function zoneOf(moment) {
  var found = /([+-])(\d\d):(\d\d)$/.exec(moment);
  return found ? Number(found[1] + "1") * (Number(found[2]) * 60 + Number(found[3])) * 60000 : 0;
}

// All pages of one; returns how many characters they have.
async function readHousehold(household) {
  var answer = await fetch("/phone/" + encodeURIComponent(household), ASKED);
  if (answer.status === 404) return 0;
  if (answer.status !== 200) throw new Error("nobody is in, or something is away");
  var size = 0;
  for (var [path, html] of Object.entries(await answer.json())) {
    size += html.length;
    await kept.putPage(path, html);
  }
  return size;
}

async function keepShell(files) {
  var shell = await caches.open(SHELL);
  for (var file of files) if (!(await shell.match(file))) await shell.add(file);
  for (var stood of await shell.keys()) {
    var path = new URL(stood.url).pathname;
    if (files.indexOf(path) < 0 && !await isNamed(path)) await shell.delete(stood);
  }
}

// Whether a page that is kept asks for this file.
async function isNamed(file) {
  return (await kept.all("pages")).some(function (page) { return page.html.indexOf(file) >= 0; });
}

async function dropOthers(today) {
  for (var path of await kept.keys("pages")) {
    var of = path.split("/")[2];
    if (of ? today.households.indexOf(of) < 0 : !(path in today.doors)) await kept.remove("pages", path);
  }
}
