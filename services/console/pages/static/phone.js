// On a worker's pages: starts offline.js, says what waits on this phone, and asks before a log-out that leaves something behind.
"use strict";
(function () {
  var panel = document.getElementById("this-phone");
  if (!panel || !navigator.serviceWorker || !window.indexedDB) return;
  var words = {};
  document.getElementById("phone-words").content.querySelectorAll("[data-word]").forEach(function (one) {
    words[one.dataset.word] = one.textContent;
  });

  // Without network it cannot be looked for anew: the one that is there goes on.
  navigator.serviceWorker.register(panel.dataset.worker, { scope: "/" }).catch(function () {});
  navigator.serviceWorker.ready.then(function (ready) {
    function say(what) { ready.active.postMessage(what); }
    say(location.pathname === "/doors" && location.search.indexOf("at=") < 0 ? "read" : "send");
    window.addEventListener("online", function () { say("read"); });
    document.addEventListener("visibilitychange", function () { if (!document.hidden) say("send"); });
    setInterval(function () { if (!document.hidden) say("send"); }, 20000);
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
  });
  navigator.serviceWorker.addEventListener("message", show);

  // By the field's clock, which the pages show, in the field's time zone.
  var ahead = 0;
  function clock(at) {
    return new Date(at + ahead).toISOString().slice(11, 16);
  }

  function line(tag, text) {
    var made = document.createElement(tag);
    made.textContent = text;
    return made;
  }

  var waiting = 0;
  show();
  async function show() {
    var all = (await kept.all("acts")).sort(function (one, other) { return one.at - other.at; });
    var mine = all.filter(function (one) { return one.author === panel.dataset.user; });
    var whose = await kept.get("whose", "mine");
    ahead = whose ? whose.offset + whose.zone : -new Date().getTimezoneOffset() * 60000;
    var waits = all.filter(function (one) { return one.state === "waiting"; });
    var ofMine = waits.filter(function (one) { return mine.indexOf(one) >= 0; }).length;
    waiting = waits.length;
    panel.hidden = !mine.length && waiting === ofMine;
    panel.textContent = "";
    var notice = line("div", "");
    var refused = mine.some(function (one) { return one.state === "refused"; });
    notice.className = "notice " + (waiting || refused ? "warning" : "done");
    var inside = notice.appendChild(line("div", ""));
    panel.appendChild(notice);
    if (mine.length) {
      inside.appendChild(line("p", words.many + " " + ofMine + (whose ? " · " + words.last + " " + clock(whose.at) : "")));
      var list = document.createElement("ul");
      mine.forEach(function (one) {
        var what = one.path.split("/")[3];
        list.appendChild(line("li", [clock(one.at), words[what] || what, words[one.state] + (one.because ? " " + one.because : "")].join(" · ")));
      });
      inside.appendChild(list);
    }
    if (waiting > ofMine) inside.appendChild(line("p", words.others + " " + (waiting - ofMine)));
  }

  document.querySelectorAll('form[action$="/log-out"]').forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (waiting && !window.confirm(words.leave)) event.preventDefault();
    });
  });
})();
