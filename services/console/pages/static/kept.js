// What a worker's phone keeps, in IndexedDB: pages of today, acts that were not sent, and one line about whose they are.
"use strict";
var kept = (function () {
  var DAY = 24 * 3600 * 1000;
  var opened = null;

  function open() {
    opened = opened || new Promise(function (done, failed) {
      var asked = indexedDB.open("doorstep", 1);
      asked.onupgradeneeded = function () {
        asked.result.createObjectStore("pages", { keyPath: "path" }); // {path, html, at}
        asked.result.createObjectStore("acts", { keyPath: "id" }); // {id, author, path, at, sealed, state, because}
        asked.result.createObjectStore("tries", { keyPath: "id" }); // {id, at, fieldAt}: forms that were sent
        asked.result.createObjectStore("whose", { keyPath: "id" }); // {id, user, pass, key, offset, zone, policy, nothing, at}
      };
      asked.onsuccess = function () { done(asked.result); };
      asked.onerror = function () { opened = null; failed(asked.error); };
    });
    return opened;
  }

  // Until it is on the disk: what is told as kept is kept.
  async function within(store, mode, act) {
    var database = await open();
    return new Promise(function (done, failed) {
      var turn = database.transaction(store, mode, mode === "readwrite" ? { durability: "strict" } : {});
      var asked = act(turn.objectStore(store));
      turn.oncomplete = function () { done(asked && asked.result); };
      turn.onerror = turn.onabort = function () { failed(turn.error); };
    });
  }

  function get(store, id) { return within(store, "readonly", function (of) { return of.get(id); }); }
  // Only where the page is of whoever is in, also at this moment.
  async function putPage(path, html) {
    var database = await open();
    return new Promise(function (done, failed) {
      var turn = database.transaction(["pages", "whose"], "readwrite");
      var asked = turn.objectStore("whose").get("mine");
      asked.onsuccess = function () {
        var of = asked.result && 'data-user="' + asked.result.user + '"';
        if (of && html.indexOf(of) >= 0) turn.objectStore("pages").put({ path: path, html: html, at: Date.now() });
      };
      turn.oncomplete = function () { done(); };
      turn.onerror = turn.onabort = function () { failed(turn.error); };
    });
  }

  function all(store) { return within(store, "readonly", function (of) { return of.getAll(); }); }
  function put(store, row) { return within(store, "readwrite", function (of) { return of.put(row); }); }
  function remove(store, id) { return within(store, "readwrite", function (of) { return of.delete(id); }); }
  function clear(store) { return within(store, "readwrite", function (of) { return of.clear(); }); }

  // At log-out, and where somebody else is in. Acts stay: nobody can read them here.
  async function forget() {
    await Promise.all([clear("pages"), clear("whose"), clear("tries")]);
  }

  async function forgetOld() {
    var before = Date.now() - DAY;
    for (var store of ["pages", "whose", "tries", "acts"]) {
      for (var row of await all(store)) {
        if (row.at < before && row.state !== "waiting") await remove(store, row.path && !row.state ? row.path : row.id);
      }
    }
  }

  return { get: get, all: all, put: put, putPage: putPage, remove: remove, forget: forget, forgetOld: forgetOld, DAY: DAY };
})();
