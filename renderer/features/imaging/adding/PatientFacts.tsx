import { type CasePatient, type ImagePatientSaid, matchPatient, type PatientMatch } from '#shared/domain/imaging/patientMatch';
import { useText } from '../../../ui/text.ts';
import { saidDate, saidName } from './said.ts';

export interface PatientFactsProps {
  readonly said: ImagePatientSaid;
  /** Null: the case does not say, or cannot be read now. */
  readonly known: CasePatient | null;
  /** Who says it: the heading of its column. */
  readonly saidBy: string;
}

/** The case's patient and whom images name, fact beside fact, for a person to compare. */
export function PatientFacts({ said, known, saidBy }: PatientFactsProps) {
  const { t } = useText();
  const match = matchPatient(said, known);
  return (
    <table className="ai-facts">
      <thead>
        <tr>
          <th scope="col">{t('import.fact')}</th>
          <th scope="col">{t('import.ofCase')}</th>
          <th scope="col">{saidBy}</th>
        </tr>
      </thead>
      <tbody>
        <Fact label={t('import.name')} own={known?.name ?? ''} said={saidName(said.name)} compared={match.name} />
        <Fact label={t('import.number')} own={known?.recordNumber ?? ''} said={said.id} compared={match.id} />
        <Fact label={t('import.birthDate')} own={known?.birthDate ?? ''} said={saidDate(said.birthDate)} compared={match.birthDate} />
      </tbody>
    </table>
  );
}

function Fact({ label, own, said, compared }: { readonly label: string; readonly own: string; readonly said: string; readonly compared: PatientMatch['name'] }) {
  const { t } = useText();
  return (
    <tr data-match={compared}>
      <th scope="row">{label}</th>
      <td>{own === '' ? t('import.notSaid') : own}</td>
      <td>
        {said === '' ? t('import.notSaid') : said}
        <small>{t(`import.compared.${compared}`)}</small>
      </td>
    </tr>
  );
}
