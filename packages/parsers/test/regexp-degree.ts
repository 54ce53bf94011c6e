/**
 * How the work of a backtracking engine can grow with the length of the text, from the expression alone.
 * The degree of a sequence is the sum of its parts, that of alternatives the largest, that of `x*` one
 * more than that of `x`; without an anchor at the start every position is tried, which is one more.
 * Degree 1 is linear. A group that may repeat and has variable parts inside can try a text in
 * exponentially many ways: its degree is infinite.
 */
interface Part {
  readonly degree: number;
  /** Can match texts of different lengths, or in different ways. */
  readonly isVariable: boolean;
}

export function degreeOf(source: string): number {
  let at = 0;

  function alternatives(): Part {
    let found = sequence();
    let isVariable = found.isVariable;
    while (source.charAt(at) === '|') {
      at += 1;
      const other = sequence();
      found = other.degree > found.degree ? other : found;
      isVariable = true;
    }
    return { degree: found.degree, isVariable };
  }

  function sequence(): Part {
    let degree = 0;
    let isVariable = false;
    while (at < source.length && source.charAt(at) !== '|' && source.charAt(at) !== ')') {
      const part = quantified(atom());
      degree += part.degree;
      isVariable ||= part.isVariable;
    }
    return { degree, isVariable };
  }

  function atom(): Part {
    const character = source.charAt(at);
    at += 1;
    if (character === '(') {
      const kind = /^\?(?:[:=!]|<[=!]|<[A-Za-z]+>)/.exec(source.slice(at));
      if (kind !== null) at += kind[0].length;
      const inner = alternatives();
      at += 1;
      return inner;
    }
    if (character === '[') {
      for (; source.charAt(at) !== ']'; at += 1) if (source.charAt(at) === '\\') at += 1;
      at += 1;
    } else if (character === '\\') at += 1;
    return { degree: 0, isVariable: false };
  }

  function quantified(part: Part): Part {
    const match = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(source.slice(at));
    if (match === null) return part;
    at += match[0].length;
    const sign = match[0].charAt(0);
    const most =
      sign === '?'
        ? 1
        : sign === '*' || sign === '+' || (match[2] === ',' && match[3] === '')
          ? Infinity
          : Number(match[2] === ',' ? match[3] : match[1]);
    const isFixed = sign === '{' && match[2] === undefined;
    if (most > 1 && part.isVariable) return { degree: Infinity, isVariable: true };
    if (most === Infinity) return { degree: 1 + part.degree, isVariable: true };
    return { degree: part.degree * most, isVariable: part.isVariable || !isFixed };
  }

  const whole = alternatives();
  return whole.degree + (isAnchored(source) ? 0 : 1);
}

/** Every alternative at the top begins with `^`. */
function isAnchored(source: string): boolean {
  let depth = 0;
  let isStart = true;
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (isStart && character !== '^') return false;
    isStart = false;
    if (character === '\\') at += 1;
    else if (character === '[')
      for (at += 1; source.charAt(at) !== ']'; at += 1) if (source.charAt(at) === '\\') at += 1;
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === '|' && depth === 0) isStart = true;
  }
  return true;
}
