import { powerMonitor, powerSaveBlocker } from 'electron';
import type { Undo } from '#shared/lib/disposable';
import type { Host } from '../host/host.ts';
import type { PowerPort } from '../host/power.ts';

/** One blocker while a consult is on. `prevent-display-sleep` keeps the processor awake too. */
export function createPowerSave(): PowerPort {
  let blockerId: number | null = null;
  return {
    setConsultActive(isActive) {
      if (isActive && blockerId === null) blockerId = powerSaveBlocker.start('prevent-display-sleep');
      if (!isActive && blockerId !== null) {
        powerSaveBlocker.stop(blockerId);
        blockerId = null;
      }
    },
  };
}

/**
 * Tells the page of a lid closed and opened again: after it every connection is dead without knowing; and of a locked screen (macOS and
 * Windows), which takes no focus from a page. Only after `ready`.
 */
export function forwardPowerEvents(host: Host): Undo {
  const onSuspend = () => host.emit('power.suspending', {});
  const onResume = () => host.emit('power.resumed', {});
  const onLock = () => host.emit('power.locked', {});
  powerMonitor.on('lock-screen', onLock);
  powerMonitor.on('suspend', onSuspend);
  powerMonitor.on('resume', onResume);
  return () => {
    powerMonitor.off('lock-screen', onLock);
    powerMonitor.off('suspend', onSuspend);
    powerMonitor.off('resume', onResume);
  };
}
