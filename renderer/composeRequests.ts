import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { createDesktopNotices } from './bridge/desktopNotices.ts';
import type { RequestPort } from './state/ports.ts';
import { createDeliveriesModel } from './state/requests/deliveriesModel.ts';
import { createNoticesModel } from './state/requests/noticesModel.ts';
import { createRequestListModel } from './state/requests/requestListModel.ts';
import { createOpenRequestModel } from './state/requests/requestModel.ts';

/** Consultation requests and notices of whoever is signed in. */
export function composeRequests({ page, signaling, clock, newId }: { readonly page: Window & typeof globalThis; readonly signaling: RequestPort; readonly clock: Clock; readonly newId: () => string }) {
  const desktop = createDesktopNotices({ Notification: 'Notification' in page ? page.Notification : undefined, focus: () => page.focus() });
  const list = createRequestListModel({ signaling, clock });
  const open = createOpenRequestModel({ signaling, clock, newId });
  const deliveries = createDeliveriesModel(signaling);
  const notices = createNoticesModel({ signaling, clock, desktop });
  return {
    list,
    open,
    notices,
    deliveries,
    start(self: Party) {
      list.start(self.role);
      open.start();
      notices.start();
    },
    stop() {
      list.stop();
      open.stop();
      notices.stop();
      deliveries.close();
    },
  };
}

export type RequestModels = ReturnType<typeof composeRequests>;
