import { AuditOutlined, CameraOutlined, CloudDownloadOutlined, EditOutlined, ExperimentOutlined, EyeOutlined, FileTextOutlined, FormOutlined, HeartOutlined, HighlightOutlined, HistoryOutlined, MedicineBoxOutlined, ScanOutlined, SolutionOutlined, UserOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { CaseItemContent, CaseItemKind } from '#shared/domain/caseFile';

const ICONS: Readonly<Record<CaseItemKind, ReactNode>> = {
  patient: <UserOutlined />, request: <FormOutlined />, history: <HistoryOutlined />, examination: <MedicineBoxOutlined />, vitals: <HeartOutlined />, lab: <ExperimentOutlined />, document: <FileTextOutlined />, imaging: <ScanOutlined />, series: <CloudDownloadOutlined />, opinion: <SolutionOutlined />, consent: <AuditOutlined />, note: <EditOutlined />, marks: <HighlightOutlined />, imagingView: <EyeOutlined />,
};

/** The picture of a kind of entry; a photograph has a camera. */
export function kindIcon(content: CaseItemContent): ReactNode {
  return content.kind === 'document' && (content.body.category === 'photograph' || content.body.category === 'still') ? <CameraOutlined /> : ICONS[content.kind];
}
