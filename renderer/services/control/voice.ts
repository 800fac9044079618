/** The part of `speechSynthesis` that is used. */
export type Speech = Pick<SpeechSynthesis, 'speak' | 'cancel' | 'getVoices'>;

/**
 * [CTL73] Says aloud what the screen shows, to somebody whose eyes are on the patient. The newest takes the place of what was being said. A
 * machine without a voice for the language says nothing: the text is there.
 */
export function speak(text: string, language: 'zh-CN' | 'en', speech: Speech | null = 'speechSynthesis' in globalThis ? globalThis.speechSynthesis : null): void {
  if (speech === null) return;
  speech.cancel();
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language === 'en' ? 'en-GB' : 'zh-CN';
  const voice = speech.getVoices().find((one) => one.lang.replace('_', '-').toLowerCase().startsWith(language === 'en' ? 'en' : 'zh'));
  if (voice) utterance.voice = voice;
  speech.speak(utterance);
}
