const SECONDS = 1.2;

/** Plays a soft two-tone chime on the given speaker (empty: the system's). Resolves when it has ended. */
export async function playTone(speakerId: string): Promise<void> {
  const context = new AudioContext();
  try {
    await context.resume();
    const destination = context.createMediaStreamDestination();
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, context.currentTime);
    gain.gain.linearRampToValueAtTime(0.2, context.currentTime + 0.05);
    gain.gain.linearRampToValueAtTime(0, context.currentTime + SECONDS);
    const oscillator = context.createOscillator();
    oscillator.frequency.setValueAtTime(523, context.currentTime);
    oscillator.frequency.setValueAtTime(659, context.currentTime + SECONDS / 2);
    oscillator.connect(gain).connect(destination);
    const element = new Audio();
    element.srcObject = destination.stream;
    if (speakerId !== '' && 'setSinkId' in element) await element.setSinkId(speakerId);
    await element.play();
    oscillator.start();
    oscillator.stop(context.currentTime + SECONDS);
    await new Promise((resolve) => {
      oscillator.onended = resolve;
    });
    element.pause();
  } finally {
    await context.close();
  }
}
