// What was read, in one shape for a single digit and for numbers:
//
// { isAlone, readings, digits, model, version }: a digit that is alone is one reading of one digit,
// as the recogniser of digits sees all that is there; `digits` are those of all readings.

// What a label is the name of, and whether numbers are read.
export const { noun: NOUN, numbers: READS } = document.body.dataset;
export const NONE = `not a ${NOUN}`;

// Whether this says that there are numbers, whatever the recogniser of digits says.
export function isNumber({ readings }) {
  return readings.some(({ reason, digits }) => reason === null && digits.length > 1);
}

// Put together what /read and /recognize say; the latter need not be there where there are numbers.
export function answered(numbers, digit) {
  const all = numbers.readings.flatMap((reading) => reading.digits);
  const isAlone = !isNumber(numbers) && (digit.label !== null || all.length < 2);
  const { model, version } = isAlone ? digit : numbers;
  if (!isAlone) return { isAlone, readings: numbers.readings, digits: all, model, version };
  const { best_label: text, confidence, reason, box } = digit;
  const readings = reason === "blank" ? [] : [{ text, confidence, reason, box, digits: [digit] }];
  return { isAlone, readings, digits: readings.length ? [digit] : [], model, version };
}

// The marks of a reading, from left to right: { text, digit }; a separator is no digit.
export function marks({ text, digits }) {
  const found = [];
  let rest = text;
  for (const digit of digits) {
    const label = digit.best_label;
    const before = Math.max(0, rest.indexOf(label));
    for (const separator of rest.slice(0, before)) found.push({ text: separator });
    found.push({ text: label, digit });
    rest = rest.slice(before + label.length);
  }
  for (const separator of rest) found.push({ text: separator });
  return found;
}

// What was read in a few words, with what was told of its digits: a Map from their place to a label.
export function inShort(answer, told = new Map()) {
  if (!answer?.digits.length) return "";
  const { isAlone, readings, digits } = answer;
  if (isAlone) {
    const [{ label, best_label: best, reason }] = digits;
    if (told.has(0)) return told.get(0) ?? NONE;
    return label ?? (reason === "not_a_digit" ? NONE : `${best}?`);
  }
  let place = -1;
  const right = (text, digit) => {
    if (digit) place += 1;
    return digit && told.has(place) ? (told.get(place) ?? "×") : text;
  };
  return readings.map((each) => marks(each).map(({ text, digit }) => right(text, digit)).join("")).join(", ");
}
