/**
 * Text for a terminal. What an attacker wrote may carry escape sequences, cursor movements,
 * direction overrides or zero-width characters; here each becomes a visible escape.
 */
import { UNSAFE_CHARACTERS } from '@mini-soc/model';

/** Every control, format and invisible character as `\u{…}`; optionally keeps line breaks; cut at `max` characters. */
export function safeText(
  text: string,
  options: { readonly newlines?: boolean; readonly max?: number } = {},
): string {
  const max = options.max ?? 4096;
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(UNSAFE_CHARACTERS, (found) =>
    found === '\n' && options.newlines === true
      ? found
      : `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
