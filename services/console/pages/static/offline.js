// Stands between a worker's browser and the network (a service worker): shows kept pages where there is no network, and keeps
// what is recorded there. Nothing is kept of other pages, and nothing of what was read for longer than a day.
"use strict";
importScripts("kept.js", "sealed.js");

var SHELL = "shell";
var READ_ANEW = 30 * 60 * 1000; // a household that was read later than this is not read again
var MOST = 8 * 1000 * 1000; // characters of pages
var PATIENCE = 8000; // ms: then a kept page is shown
var AWAY = [429, 502, 503, 504];
var LEAVES = /^\/(log-in|log-out|lock|take-up\/.*)$/; // whoever comes next sees nothing of what was read
var OF_DOORS = /^\/doors(\/.*)?$/;
var LONGEST = 30000; // characters of a form
var ASKED = { credentials: "same-origin", redirect: "manual" };
var reading = null;
var left = 0; // so many times somebody went: what was asked before is of them

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) {
  event.waitUntil(Promise.all([self.clients.claim(), kept.forgetOld()]));
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
  await kept.forgetOld();
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
  await kept.forget();
  return fetch(asked);
}

// -- pages

async function page(event, asked, address) {
  var found = await keptPage(address.pathname, address.searchParams.has("kept"));
  if (found && address.searchParams.has("kept")) return found;
  try {
    var answer = await patient(fetch(asked), found);
    if (answer.status === 403) await kept.forget();
    if ([502, 504].indexOf(answer.status) >= 0 && found) return found;
    if (answer.status === 200 && !address.search) event.waitUntil(keepPage(address.pathname, answer.clone()));
    return answer;
  } catch (none) {
    var whose = await kept.get("whose", "mine");
    return found || (whose ? shown(whose.nothing, whose) : Response.error());
  }
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
  if (!whose || !found || Date.now() - found.at > kept.DAY) return null;
  var html = found.html.replace('id="no-network" hidden', 'id="no-network"');
  if (justKept) html = html.replace('id="act-kept" hidden', 'id="act-kept"');
  // Each showing is a form of its own: two check-ins from one kept page are two.
  html = html.replace(/(name="key" value=")[^"]*/g, "$1" + newKey());
  return shown(html, whose);
}

function shown(html, whose) {
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

async function act(event, asked, address) {
  var whose = await kept.get("whose", "mine");
  if (!whose) return fetch(asked);
  var form = new URLSearchParams(await asked.text());
  var path = address.pathname;
  var sent = await tried(path, form, whose);
  form.set("at", sent.fieldAt);
  var answer = null;
  try {
    var gaveUp = new AbortController();
    setTimeout(function () { gaveUp.abort(); }, 20000);
    answer = await fetch(path, {
      method: "POST", body: form, credentials: "same-origin", redirect: "manual", signal: gaveUp.signal,
    });
    if (answer.type === "opaqueredirect") event.waitUntil(readHousehold(path.split("/")[2]).catch(function () {}));
    if (AWAY.indexOf(answer.status) < 0) return answer;
  } catch (none) { /* it is kept */ }
  // "No, type it again" says nothing: the empty form is shown.
  if (form.get("sure") === "no") return await keptPage(path) || shown(whose.nothing, whose);
  if (form.toString().length > LONGEST) return answer || Response.error();
  await acts.keep(sent.id, path, sent.fieldAt, form, whose);
  await tell();
  return Response.redirect(path.split("/").slice(0, 3).join("/") + "?kept=1", 303);
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
    policy: answer.headers.get("Content-Security-Policy"), nothing: today.nothing, at: now,
  });
  await keepShell(today.shell);
  var list = await fetch("/doors", ASKED);
  if (list.status === 200) await keepPage("/doors", list);
  await dropOthers(today.households);
  var size = 0;
  for (var household of today.households) {
    var stood = await kept.get("pages", "/doors/" + household);
    if (stood && now - stood.at < READ_ANEW && before && before.user === today.user) continue;
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

async function dropOthers(households) {
  for (var path of await kept.keys("pages")) {
    var of = path.split("/")[2];
    if (of && households.indexOf(of) < 0) await kept.remove("pages", path);
  }
}
