// The form of a mail account: shows the fields that matter for what is chosen, and what the token's provider suggests.
// Without it every field is shown, and the server decides alike.
(function () {
  "use strict";

  var form = document.querySelector("[data-mail-form]");
  if (!form) return;
  var known = document.getElementById("suggestions");
  var suggestions = known ? JSON.parse(known.dataset.suggestions) : {};

  function field(name) { return form.elements[name]; }

  function show(name, shown) {
    var control = field(name);
    var row = control && control.closest(".field-row");
    if (row) row.hidden = !shown;
  }

  // Each token that the field offers brings its provider's servers; those of a short list are all known.
  function offered(reference) {
    var list = field("Token").list;
    var options = list ? Array.prototype.slice.call(list.options) : [];
    var option = options.filter(function (each) { return each.value === reference; })[0];
    return option && JSON.parse(option.dataset.servers);
  }

  function suggested() {
    var reference = field("Token").value;
    var servers = offered(reference) || suggestions[reference] || {};
    var type = field("Type").value;
    var protocol = type === "MSGraph" ? "graph" : type.indexOf("POP3") === 0 ? "pop3" : type ? "imap" : "";
    return protocol ? servers[protocol] : servers.imap || servers.graph || servers.pop3;
  }

  function settle() {
    var withToken = field("Auth").value === "token";
    var type = field("Type").value;
    show("Token", withToken);
    show("NewLabel", withToken);
    show("Password", !withToken);
    show("MoveTo", field("After").value === "move");
    show("Folder", type.indexOf("POP3") !== 0);
    var server = withToken ? suggested() : null;
    field("Host").placeholder = server ? server.host : "imap.example.org";
    field("Port").placeholder = server ? String(server.port) : "";
  }

  // Another type or token brings its own server: what stood there as the old one's usual is no wish of the person's.
  var USUAL = { IMAP: "143", IMAPTLS: "143", IMAPS: "993", POP3: "110", POP3TLS: "110", POP3S: "995", MSGraph: "443" };
  var before = { type: field("Type").value, server: suggested() };

  function follow() {
    var type = field("Type").value;
    var server = field("Auth").value === "token" ? suggested() : null;
    var port = field("Port").value;
    var old = before.server;
    if (type !== before.type && (port === USUAL[before.type] || (old && port === String(old.port)))) {
      field("Port").value = USUAL[type] || "";
    }
    if (old && server && server.host !== old.host && field("Host").value === old.host) field("Host").value = server.host;
    before = { type: type, server: server };
  }

  form.addEventListener("change", function () {
    follow();
    settle();
  });
  settle();
})();
