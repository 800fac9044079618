import { ConfigProvider, Modal } from 'antd';
import { I18nextProvider } from 'react-i18next';
import { AppError } from '#shared/protocol/errors';
import { Planner } from '../../../renderer/AppSchedule.tsx';
import type { Program } from '../../../renderer/composition.ts';
import { createI18n } from '../../../renderer/i18n/i18n.ts';
import type { Language } from '../../../renderer/state/settingsModel.ts';
import { ClockContext } from '../../../renderer/ui/text.ts';
import { antdTheme } from '../../../renderer/ui/theme/antdTheme.ts';
import { EXPERTS, plannedOf, requestDetailOf } from '../schedule/staticSchedule.ts';

const HOUR_MS = 3600_000;

/** The planner in the dialog of whoever shows a request. Booking is refused by a conflict. */
export function PlanPreview({ program, screen, language }: { readonly program: Program; readonly screen: string; readonly language: Language }) {
  const nowMs = program.clock.wallMs();
  const { theme } = program.settings.store.getState();
  document.documentElement.dataset['theme'] = theme;
  document.documentElement.lang = language;
  const detail = screen === 'planEmergency' ? requestDetailOf({ urgency: 'emergency' }, {}, nowMs) : requestDetailOf({}, screen === 'planMove' ? { state: 'scheduled', appointment: plannedOf(nowMs + 26 * HOUR_MS) } : {}, nowMs);
  const taken = EXPERTS.slice(1, 2).map(({ person }) => ({ kind: 'person' as const, id: person.id, fromMs: nowMs + 25 * HOUR_MS, untilMs: nowMs + 27 * HOUR_MS }));
  return (
    <I18nextProvider i18n={createI18n(language)}>
      <ConfigProvider theme={antdTheme(theme, false)} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
        <ClockContext value={program.clock}>
          <main className="hz-main" style={{ height: '100%' }}>
            <h1 className="hz-hidden">Preview</h1>
            <Modal open centered title={`${detail.summary.patientMasked}`} footer={null} width="min(1320px, 97vw)">
              <Planner program={program} detail={detail} onPlan={() => Promise.reject(new AppError('schedule.conflict', 'preview', { taken }))} onCancel={() => undefined} />
            </Modal>
          </main>
        </ClockContext>
      </ConfigProvider>
    </I18nextProvider>
  );
}
