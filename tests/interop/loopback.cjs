// Loaded before the reference tool: it may talk to this machine and to nothing else.
"use strict";
const net = require("net");

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given;
  const host = (options && options.host) || "localhost";
  if (!["localhost", "127.0.0.1", "::1"].includes(host)) {
    throw new Error(`${host} is not this machine`);
  }
  return connect.apply(this, given);
};
