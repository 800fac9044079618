import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, InputNumber, Select } from 'antd';
import { useState } from 'react';
import type { WantedExpert } from '#shared/domain/consultation/form';
import { SPECIALTY_CODES, SPECIALTIES, type SpecialtyCode, type TitleGrade, titleGradeSchema } from '#shared/domain/specialties';
import { pick } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { specialtyName } from './words.ts';

const MOST = 10;

/** Whom the physician would like to be advised by: specialty, least title, how many. */
export function WantedExperts({ wanted, onChange }: { readonly wanted: readonly WantedExpert[]; readonly onChange: (wanted: WantedExpert[]) => void }) {
  const { t, language } = useText();
  const [specialty, setSpecialty] = useState<SpecialtyCode | null>(null);
  const [leastGrade, setGrade] = useState<TitleGrade>('associateChief');
  const [count, setCount] = useState(1);
  const add = () => {
    if (specialty === null) return;
    onChange([...wanted.filter((one) => one.specialty !== specialty), { specialty, leastGrade, count }]);
    setSpecialty(null);
    setCount(1);
  };
  return (
    <div className="rq-field">
      <span>{t('form.wanted')}</span>
      {wanted.map((one) => (
        <div key={one.specialty} className="rq-person" data-testid={`wanted-${one.specialty}`}>
          <span className="hz-grow">{t('form.wantedRow', { specialty: specialtyName(one.specialty, language), grade: t(`grade.${one.leastGrade}`), count: one.count })}</span>
          <Button type="text" icon={<DeleteOutlined />} aria-label={t('form.removeWanted', { specialty: specialtyName(one.specialty, language) })} onClick={() => onChange(wanted.filter(({ specialty: code }) => code !== one.specialty))} />
        </div>
      ))}
      {wanted.length < MOST && (
        <div className="rq-line">
          <Select
            id="form-wanted"
            className="rq-wide"
            aria-label={t('form.specialty')}
            placeholder={t('form.specialty')}
            showSearch={{ optionFilterProp: 'label' }}
            value={specialty}
            onChange={setSpecialty}
            options={SPECIALTY_CODES.map((value) => ({ value, label: pick(SPECIALTIES[value], language) }))}
            data-testid="form-specialty"
          />
          <Select className="rq-wide" aria-label={t('form.grade')} value={leastGrade} onChange={setGrade} options={titleGradeSchema.options.map((value) => ({ value, label: t(`grade.${value}`) }))} />
          <InputNumber aria-label={t('form.count')} min={1} max={5} precision={0} value={count} onChange={(value) => setCount(value ?? 1)} style={{ width: 72 }} />
          <Button icon={<PlusOutlined />} disabled={specialty === null} onClick={add} data-testid="add-wanted">
            {t('form.addWanted')}
          </Button>
        </div>
      )}
    </div>
  );
}
