// Acts that reach nobody now: sealed so that only the server opens them, kept, and sent later by whoever is in.
"use strict";
var acts = (function () {
  var LET_TRY = 30000; // ms
  var sending = null;

  function bytes(base64) {
    var text = atob(base64.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(text, function (one) { return one.charCodeAt(0); });
  }

  function base64(given) {
    var text = "";
    given.forEach(function (one) { text += String.fromCharCode(one); });
    return btoa(text).replace(/\+/g, "-").replace(/\//g, "_");
  }

  // See services/console/phone_acts/keys.py, which opens it.
  async function seal(content, key) {
    var curve = { name: "ECDH", namedCurve: "P-256" };
    var theirs = await crypto.subtle.importKey("raw", bytes(key.public), curve, false, []);
    var own = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
    var point = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
    var shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
    var secret = await crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: point, info: new TextEncoder().encode("doorstep act") },
      await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]),
      { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    var nonce = crypto.getRandomValues(new Uint8Array(12));
    var box = new Uint8Array(await crypto.subtle.encrypt(
      { name: "AES-GCM", iv: nonce }, secret, new TextEncoder().encode(JSON.stringify(content))));
    var whole = new Uint8Array(point.length + nonce.length + box.length);
    whole.set(point); whole.set(nonce, point.length); whole.set(box, point.length + nonce.length);
    return key.id + "." + base64(whole);
  }

  // The same form sent twice is one act, however often it is tapped. Its page tries to send it first.
  async function keep(id, path, at, form, whose) {
    var before = await kept.get("acts", id);
    if (!before || before.state !== "waiting") before = await made(id, path, at, form, whose);
    before.trying = Date.now();
    await kept.put("acts", before);
    return before;
  }

  // Its page could not send it.
  function wait(act) {
    return kept.put("acts", Object.assign({}, act, { trying: 0 }));
  }

  async function made(id, path, at, form, whose) {
    var fields = Array.from(form.entries()).filter(function (one) { return one[0] !== "form_token"; });
    var sealed = await seal({ pass: whose.pass, path: path, at: at, fields: fields }, whose.key);
    return { id: id, author: whose.user, path: path, at: Date.now(), sealed: sealed, state: "waiting", because: "", trying: 0, failed: 0 };
  }

  // Its page may still be sending it. Where that ended unseen, it is sent after a while: twice is one act.
  function isTried(act) {
    var since = Date.now() - (act.trying || 0);
    return since >= 0 && since < LET_TRY;
  }

  async function waiting() {
    var found = (await kept.all("acts")).filter(function (one) { return one.state === "waiting" && !isTried(one); });
    return found.sort(function (one, other) { return one.at - other.at; });
  }

  // In their order, one after the other. An act is forgotten only when the server says what became of it.
  // Returns the paths of those that were done.
  async function sendAll() {
    var done = [], all = await waiting();
    if (!all.length) return done;
    var allowed = await fetch("/phone/token", { credentials: "same-origin", redirect: "manual" });
    if (allowed.status !== 200) return done; // nobody is in
    var token = (await allowed.json()).form_token;
    for (var act of all) {
      var answer = await fetch("/phone/acts", {
        method: "POST", body: new URLSearchParams({ form_token: token, act: act.sealed, failed: act.failed || 0 }),
        credentials: "same-origin", redirect: "manual",
      });
      if (answer.status === 500 || answer.status === 413) { // this one alone cannot be taken now
        await kept.put("acts", Object.assign({}, act, { failed: (act.failed || 0) + 1 }));
        continue;
      }
      if (answer.status !== 200) break; // something is away
      var became = await answer.json();
      await kept.put("acts", Object.assign({}, act, {
        sealed: "", state: became.became === "done" ? "sent" : "refused", because: became.because,
      }));
      done.push(act.path);
    }
    return done;
  }

  function send() {
    sending = sending || sendAll().catch(function () { return []; }).then(function (done) { sending = null; return done; });
    return sending;
  }

  return { keep: keep, wait: wait, send: send };
})();
