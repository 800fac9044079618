import { CheckCircleFilled, QuestionCircleFilled, WarningFilled } from '@ant-design/icons';
import { Button, Checkbox, Collapse } from 'antd';
import { useStore } from 'zustand';
import type { CasePatient } from '#shared/domain/imaging/patientMatch';
import { byteSize } from '../../../i18n/format.ts';
import type { ImportModel, LeftFile, PatientGroup } from '../../../state/imaging/importModel.ts';
import { MAX_CHOSEN } from '../../../services/imaging/importing/chosenFiles.ts';
import { Chip, type Tone } from '../../../ui/parts/Chip.tsx';
import { useText } from '../../../ui/text.ts';
import { FileTable } from './FileTable.tsx';
import { PatientFacts } from './PatientFacts.tsx';
import { saidDate, saidName } from './said.ts';

const TONE: Readonly<Record<PatientGroup['match']['overall'], Tone>> = { same: 'good', unknown: 'caution', differs: 'bad' };
const ICON = { same: <CheckCircleFilled />, unknown: <QuestionCircleFilled />, differs: <WarningFilled /> } as const;

/** Whose images these are, before any is sent: another patient's picture in a file is a serious harm. */
export function ImportReview({ model, isOnline }: { readonly model: ImportModel; readonly isOnline: boolean }) {
  const { t } = useText();
  const groups = useStore(model.store, (s) => s.groups);
  const left = useStore(model.store, (s) => s.left);
  const patient = useStore(model.store, (s) => s.patient);
  const chosen = groups.filter(({ isChosen }) => isChosen);
  const files = chosen.reduce((sum, group) => sum + group.files, 0);
  const bytes = chosen.reduce((sum, group) => sum + group.bytes, 0);
  return (
    <div className="ai-step" data-testid="import-review">
      {left.some(({ why }) => why === 'rest') && <p className="hz-banner" role="alert" data-testid="import-rest">{t('import.tooMany', { count: MAX_CHOSEN })}</p>}
      {groups.length === 0 && <p className="hz-empty">{t('import.noImages')}</p>}
      {groups.map((group) => (
        <Group key={group.key} group={group} known={patient} onChoose={(isChosen) => model.choose(group.key, isChosen)} />
      ))}
      {left.length > 0 && <Left left={left} />}
      <div className="hz-row-wrap ai-foot">
        <Button type="primary" size="large" disabled={files === 0 || !isOnline} onClick={() => void model.send()} data-testid="import-send">
          {files === 0 ? t('import.sendNone') : t('import.send', { count: files, size: byteSize(bytes) })}
        </Button>
        <Button size="large" onClick={model.reset}>
          {t('import.other')}
        </Button>
      </div>
    </div>
  );
}

function Group({ group, known, onChoose }: { readonly group: PatientGroup; readonly known: CasePatient | null; readonly onChoose: (isChosen: boolean) => void }) {
  const { t } = useText();
  const { patient, match, studies } = group;
  const name = saidName(patient.name) || t('import.nobody');
  return (
    <section className="ai-group" data-match={match.overall} data-testid="import-group">
      <div className="hz-row-wrap">
        <h3>{name}</h3>
        <Chip tone={TONE[match.overall]} icon={ICON[match.overall]}>
          {t(`import.match.${match.overall}`)}
        </Chip>
        <span className="hz-muted">{t('import.groupSize', { count: group.files, size: byteSize(group.bytes) })}</span>
      </div>
      <PatientFacts said={patient} known={known} saidBy={t('import.ofFiles')} />
      <ul className="ai-studies">
        {studies.map((study) => (
          <li key={study.studyUid}>
            {study.modality} · {study.description || t('imaging.noDescription')} · {saidDate(study.date) || t('imaging.noDate')} · {t('imaging.images', { count: study.files })}
          </li>
        ))}
      </ul>
      <Checkbox checked={group.isChosen} onChange={(event) => onChoose(event.target.checked)} data-testid="import-confirm">
        {match.overall === 'same' ? t('import.take') : t('import.confirm', { said: name, patient: known?.name || t('import.thisCase') })}
      </Checkbox>
      {match.overall !== 'same' && !group.isChosen && <p className="hz-muted hz-small">{t('import.leftUnconfirmed')}</p>}
    </section>
  );
}

function Left({ left }: { readonly left: readonly LeftFile[] }) {
  const { t } = useText();
  return <Collapse ghost items={[{ key: 'left', label: t('import.left', { count: left.length }), children: <FileTable rows={left.map(({ path, why }) => ({ path, text: t(`import.why.${why}`), detail: '' }))} label={t('import.left', { count: left.length })} /> }]} data-testid="import-left" />;
}
