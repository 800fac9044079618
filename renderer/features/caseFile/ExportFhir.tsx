import { ExportOutlined } from '@ant-design/icons';
import { type ReactNode, useState } from 'react';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { saveFile } from '../../ui/saveFile.ts';
import { useText } from '../../ui/text.ts';
import { useCase, useFile } from './fileContext.ts';
import { useWork } from './useWork.ts';

/** How the export is offered: as a button, or in a menu where there is no room for one. */
export interface ExportAction {
  readonly icon: ReactNode;
  readonly label: string;
  readonly title: string;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
}

/** The case as a FHIR Bundle for another system. It holds what the server holds; what is unsent is said before. No name is in the file's name. */
export function ExportFhir({ unsent, children }: { readonly unsent: number; readonly children: (action: ExportAction | null) => ReactNode }) {
  const { t } = useText();
  const { exportFhir, isOnline } = useFile();
  const caseId = useCase((s) => s.caseId);
  const [isAsked, setAsked] = useState(false);
  const { isWorking, error, run } = useWork();
  if (!exportFhir || caseId === null) return children(null);
  const save = () => void run(async () => saveFile(await exportFhir(caseId), `case-${caseId}.fhir.json`));
  return (
    <>
      {children({ icon: <ExportOutlined />, label: t('fhir.export'), title: isOnline ? t('fhir.exportHelp') : t('cases.needsNetwork'), isDisabled: !isOnline || isWorking, onPress: () => (unsent > 0 ? setAsked(true) : save()) })}
      {error && <ErrorNotice error={error} />}
      {isAsked && (
        <ConfirmDialog
          isOpen
          title={t('fhir.exportUnsentTitle')}
          text={t('fhir.exportUnsent', { count: unsent })}
          confirmLabel={t('fhir.export')}
          onConfirm={() => {
            setAsked(false);
            save();
          }}
          onCancel={() => setAsked(false)}
        />
      )}
    </>
  );
}
