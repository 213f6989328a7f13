// Pictures of data and trainings, as mod.ts exports them under `plots`.
export { type Chart, type Curve, lines } from "./chart.ts";
export { confusionMatrix, type ConfusionMatrixOptions } from "./confusion_matrix.ts";
export { type EpochLogs, type Histories, history, type HistoryPlotOptions } from "./history.ts";
export { images, type ImagesOptions } from "./images.ts";
export { ImageSheet, type SheetContent, type ToTerminalOptions } from "./image_sheet.ts";
export { Plot } from "./plot.ts";
