/** The engine for browsers; in Node the native one is used, so nothing of it is installed. */
module.exports = {};
