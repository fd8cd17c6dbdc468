// Checks a certificate of release in the browser itself: its code stands behind the # of the address, which is
// sent to nobody. Only its case and its day are sent, to ask whether it was taken back since.
"use strict";
(function () {
  var check = document.getElementById("check");
  var known = JSON.parse(check.dataset.public);
  var measures = JSON.parse(check.dataset.measures);
  var names = { name: "n", number: "d", measure: "m", community: "p", began: "f", released_on: "u" };
  var algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

  function show(what, name) {
    check.querySelectorAll("[data-" + what + "]").forEach(function (part) {
      part.hidden = part.dataset[what] !== name;
    });
  }

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }

  function read(part) {
    return JSON.parse(new TextDecoder().decode(bytes(part)));
  }

  // Resolves to what the certificate says, or to null: it is not ours.
  function verified(code) {
    var parts = code.split(".");
    var head, says;
    try {
      head = read(parts[0]);
      says = read(parts[1]);
      if (parts.length !== 3 || head.alg !== "ES256" || head.kid !== known.id || says.aud !== "release") {
        return Promise.resolve(null);
      }
    } catch (_) {
      return Promise.resolve(null);
    }
    return crypto.subtle.importKey("jwk", known.key, algorithm, false, ["verify"]).then(function (key) {
      var signed = new TextEncoder().encode(parts[0] + "." + parts[1]);
      return crypto.subtle.verify(algorithm, key, bytes(parts[2]), signed);
    }).then(function (genuine) { return genuine ? says : null; }, function () { return null; });
  }

  function measure(word) {
    return measures[word] || word;
  }

  // Of a measure in stages: each with its days, from when to when. Else only which it was.
  function served(says) {
    return says.s ? says.s.map(function (stage) {
      return measure(stage[0]) + "\n" + stage[1] + " " + check.dataset.days + ", " + stage[2] + " – " + stage[3];
    }).join("\n") : measure(says.m);
  }

  function facts(says) {
    check.querySelectorAll("[data-row]").forEach(function (row) {
      var name = row.dataset.row;
      var value = name === "measure" ? served(says) : says[names[name]];
      row.querySelector("dd").textContent = value;
      row.hidden = !value || (name === "began" && Boolean(says.s));
    });
    check.querySelector("[data-facts]").hidden = false;
  }

  function ask(says) {
    show("standing", "asking");
    var asked = "?case=" + encodeURIComponent(says.c) + "&released=" + encodeURIComponent(says.u);
    fetch("/certificate/standing" + asked, { cache: "no-store", credentials: "omit" })
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      })
      .then(function (answer) { show("standing", answer.stands ? "stands" : "taken_back"); })
      .catch(function () { show("standing", "not_asked"); });
  }

  function judge(text) {
    show("verdict", "");
    show("standing", "");
    check.querySelector("[data-facts]").hidden = true;
    if (!window.crypto || !crypto.subtle) {
      show("verdict", "cannot");
      return;
    }
    verified(text.trim().split("#").pop()).then(function (says) {
      show("verdict", says ? "genuine" : "forged");
      if (!says) return;
      facts(says);
      ask(says);
    });
  }

  // The code leaves the address, and so the history, once it is read.
  function fromAddress() {
    var text = location.hash.slice(1);
    if (!text) return;
    history.replaceState(null, "", location.pathname);
    judge(text);
  }

  check.querySelector("form").addEventListener("submit", function (event) {
    event.preventDefault();
    judge(document.getElementById("code").value);
  });
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
})();
