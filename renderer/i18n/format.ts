import type { Bilingual, Party } from '#shared/domain/people';

export type LanguageName = 'zh-CN' | 'en';

/** One of a name's two forms. */
export function pick(name: Bilingual, language: LanguageName): string {
  return language === 'en' ? name.en : name.zh;
}

/** 姓名（职称·医院）; a cart, having no title, 名称（医院）. */
export function fullName(party: Party, language: LanguageName): string {
  const name = pick(party.name, language);
  const title = party.title ? pick(party.title, language) : null;
  const hospital = pick(party.organisationName, language);
  const inner = title === null ? hospital : language === 'en' ? `${title} · ${hospital}` : `${title}·${hospital}`;
  return language === 'en' ? `${name} (${inner})` : `${name}（${inner}）`;
}

export function shortName(party: Party, language: LanguageName): string {
  return pick(party.name, language);
}

/** What stands in an avatar: the family name in Chinese, initials in English. */
export function initials(party: Party, language: LanguageName): string {
  const name = pick(party.name, language).trim();
  if (language !== 'en') return [...name][0] ?? '?';
  const words = name.split(/\s+/);
  const last = words.length > 1 ? words[words.length - 1] : '';
  return `${[...(words[0] ?? '?')][0] ?? '?'}${[...(last ?? '')][0] ?? ''}`.toUpperCase();
}

/** Made once: making one is slow. */
const ENGLISH_MONTH = new Intl.DateTimeFormat('en', { month: 'short' });

const two = (value: number) => String(value).padStart(2, '0');

/** 14:05, with the date before it when it is not the day of `nowMs`. Unix epoch ms, this machine's time zone. */
export function clockTime(ms: number, nowMs: number, language: LanguageName): string {
  const date = new Date(ms);
  const now = new Date(nowMs);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === now.toDateString()) return time;
  const year = date.getFullYear() === now.getFullYear() ? '' : language === 'en' ? ` ${date.getFullYear()}` : `${date.getFullYear()}年`;
  if (language === 'en') return `${date.getDate()} ${ENGLISH_MONTH.format(date)}${year} ${time}`;
  return `${year}${date.getMonth() + 1}月${date.getDate()}日 ${time}`;
}

/** A length of time on a running display: 4:05, 1:04:05. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A length of time in a sentence: 40 秒, 12 分钟, 1 小时 10 分钟. Rounded up: «in 0 min» says nothing. */
export function duration(ms: number, language: LanguageName): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const isEnglish = language === 'en';
  if (seconds < 60) return `${seconds} ${isEnglish ? 's' : '秒'}`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} ${isEnglish ? 'min' : '分钟'}`;
  const hours = `${Math.floor(minutes / 60)} ${isEnglish ? 'h' : '小时'}`;
  return minutes % 60 === 0 ? hours : `${hours} ${minutes % 60} ${isEnglish ? 'min' : '分钟'}`;
}

/** bit/s as 12.4 Mbit/s or 48 kbit/s. */
export function bitrate(bps: number): string {
  if (bps >= 1_000_000) return `${(bps / 1_000_000).toFixed(1)} Mbit/s`;
  return `${Math.round(bps / 1000)} kbit/s`;
}

/** A size of a file in decimal units: 640 kB, 12.4 MB, 1.2 GB. */
export function byteSize(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.ceil(bytes / 1000)} kB`;
}

/** The day alone: 3月5日, with the year when it is not that of `nowMs`. This machine's time zone. */
export function dayOf(ms: number, nowMs: number, language: LanguageName): string {
  const date = new Date(ms);
  const isThisYear = date.getFullYear() === new Date(nowMs).getFullYear();
  if (language === 'en') return `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })}${isThisYear ? '' : ` ${date.getFullYear()}`}`;
  return `${isThisYear ? '' : `${date.getFullYear()}年`}${date.getMonth() + 1}月${date.getDate()}日`;
}

/** A length of time that may be days: 3 天, 12 小时, 2 小时 5 分钟; below an hour it runs, 9:42. For what is waited for. */
export function waitingTime(ms: number, language: LanguageName): string {
  const hours = Math.floor(Math.abs(ms) / 3_600_000);
  if (hours < 1) return stopwatch(Math.abs(ms));
  if (hours < 10) return duration(Math.floor(Math.abs(ms) / 60_000) * 60_000, language);
  const isEnglish = language === 'en';
  return hours < 48 ? `${hours} ${isEnglish ? 'h' : '小时'}` : `${Math.floor(hours / 24)} ${isEnglish ? 'd' : '天'}`;
}

/** Date and minute in full, as on film: 2026-11-21 14:05. Without the minute at midnight sharp, which is what a missing time reads as. This machine's zone. */
export function filmTime(ms: number): string {
  const at = new Date(ms);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return at.getHours() + at.getMinutes() === 0 ? day : `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
