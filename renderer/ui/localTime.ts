const two = (value: number) => String(value).padStart(2, '0');

/** Unix epoch ms as the value of a `datetime-local` field, to the minute, in this machine's time zone. */
export function toLocalInput(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The reverse; null where the field is empty or holds no time. */
export function fromLocalInput(text: string): number | null {
  const ms = new Date(text).getTime();
  return text === '' || Number.isNaN(ms) || ms < 0 ? null : ms;
}
