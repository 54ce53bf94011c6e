/** The library that embeds texts loads sharp for pictures; there are none here, so nothing of it is installed. */
module.exports = function noPictures() {
  throw new Error('Pictures are not supported: only texts are embedded here');
};
