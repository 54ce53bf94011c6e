/**
 * JSON that people read in a terminal or a file: control characters of C1, DEL, direction overrides, invisible
 * and tag characters are escapes in it, as those of C0 are in any JSON. What is parsed from it is the same.
 */

/** What must not reach a terminal as it is; line breaks are among them. */
export const UNSAFE_CHARACTERS =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSAFE_CHARACTERS, (found) =>
    found === '\n' ? found : escapeOf(found),
  );
}

/** One escape for each half of a pair. */
function escapeOf(character: string): string {
  let text = '';
  for (let index = 0; index < character.length; index += 1)
    text += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  return text;
}
