// What a worker's phone keeps, in IndexedDB: pages of today, acts that were not sent, and one line about whose they are.
"use strict";
var kept = (function () {
  var MINUTE = 60 * 1000;
  var DAY = 24 * 60 * MINUTE;
  var opened = null;

  function open() {
    opened = opened || new Promise(function (done, failed) {
      var asked = indexedDB.open("doorstep", 1);
      asked.onupgradeneeded = function () {
        var stores = {
          pages: "path", // {path, html, at}
          acts: "id", // {id, author, path, at, sealed, state, because, trying, failed}
          tries: "id", // {id, at, fieldAt}: forms that were sent
          whose: "id", // {id, user, pass, key, offset, zone, ahead, policy, nothing, at}
        };
        for (var name in stores) asked.result.createObjectStore(name, { keyPath: stores[name] }).createIndex("at", "at");
      };
      asked.onsuccess = function () {
        asked.result.onclose = function () { opened = null; };
        asked.result.onversionchange = function () { opened = null; asked.result.close(); };
        done(asked.result);
      };
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

  // Between two readings the phone's clock may be set: by how much, the server's tells, which is so many ms ahead.
  function setRight(ahead) {
    return within("whose", "readwrite", function (of) {
      of.get("mine").onsuccess = function (found) {
        var whose = found.target.result, set = whose ? ahead - whose.ahead : 0;
        if (Math.abs(set) > MINUTE) of.put(Object.assign({}, whose, { offset: whose.offset + set, ahead: ahead }));
      };
    });
  }

  function keys(store) { return within(store, "readonly", function (of) { return of.getAllKeys(); }); }
  function all(store) { return within(store, "readonly", function (of) { return of.getAll(); }); }
  function put(store, row) { return within(store, "readwrite", function (of) { return of.put(row); }); }
  function remove(store, id) { return within(store, "readwrite", function (of) { return of.delete(id); }); }
  function clear(store) { return within(store, "readwrite", function (of) { return of.clear(); }); }

  // At log-out, and where somebody else is in. Acts stay: nobody can read them here.
  async function forget() {
    await Promise.all([clear("pages"), clear("whose"), clear("tries")]);
  }

  // What was read a day ago, and what became of acts that were sent; acts that wait are never old.
  async function forgetOld() {
    for (var store of ["pages", "whose", "tries", "acts"]) {
      await within(store, "readwrite", function (of) {
        of.index("at").openCursor(IDBKeyRange.upperBound(Date.now() - DAY)).onsuccess = function (found) {
          var cursor = found.target.result;
          if (!cursor) return;
          if (cursor.value.state !== "waiting") cursor.delete();
          cursor.continue();
        };
      });
    }
  }

  return {
    get: get, all: all, keys: keys, put: put, putPage: putPage, setRight: setRight, remove: remove, forget: forget,
    forgetOld: forgetOld, DAY: DAY,
  };
})();
