/** A whole number with thousands separators: 15,250,250. */
export function integer(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number of things: "1 picture", "1,024 pictures", "2 classes" where `several` is given. */
export function count(value: number, one: string, several = `${one}s`): string {
  return `${integer(value)} ${value === 1 ? one : several}`;
}

/** A number with `digits` decimals: 0.512. */
export function decimal(value: number, digits = 3): string {
  return value.toFixed(digits);
}

/** A share as a percentage, "83.4 %"; only a whole is 100 % and only nothing is 0 %, whatever rounding would say. */
export function percentage(share: number, digits = 1): string {
  const step = 10 ** -digits;
  const rounded = Number((share * 100).toFixed(digits));
  const honest = share < 1 && rounded >= 100 ? 100 - step : share > 0 && rounded === 0 ? step : rounded;
  return `${honest.toFixed(digits)} %`;
}

/** A time in seconds as people say it: "0.4 s", "3 s", "2 min 10 s", "1 h 5 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 0.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${integer(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** A size in decimal units: "999 B", "8.4 MB". */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = count / 1000;
  let unit = 0;
  // 999.95 would print as 1000.0.
  for (; size >= 999.95 && unit < units.length - 1; unit++) size /= 1000;
  return `${size.toFixed(1)} ${units[unit]}`;
}

/** Things a second: "312/s", and below ten with a decimal, "0.4/s". */
export function rate(perSecond: number): string {
  return perSecond < 9.95 ? `${perSecond.toFixed(1)}/s` : `${integer(perSecond)}/s`;
}
