"""Metrics with state: running results over updates, plain and weighted, and their configs."""

import keras
import numpy as np

from build import dyadic, item, labels, one_hot

BITS = [labels((8,), 2, 81), labels((5,), 2, 82)]
CHANCES = [dyadic((8,), 83, 0, 64), dyadic((5,), 84, 0, 64)]
WEIGHTS = [dyadic((8,), 85, 1, 128), dyadic((5,), 86, 1, 128)]
MANY_BITS = [labels((6, 3), 2, 87), labels((4, 3), 2, 88)]
MANY = [dyadic((6, 3), 89, 0, 64), dyadic((4, 3), 90, 0, 64)]
MANY_WEIGHTS = [dyadic((6,), 91, 1, 128), dyadic((4,), 92, 1, 128)]
CLASSES = [labels((6,), 4, 93), labels((4,), 4, 94)]
SCORES = [dyadic((6, 4), 95, 1, 64), dyadic((4, 4), 96, 1, 64)]
ONE_HOT = [one_hot(y, 4) for y in CLASSES]
GUESSES = [labels((6,), 4, 97), labels((4,), 4, 98)]
WHOLE = [labels((6,), 4, 99).astype("int32"), labels((4,), 4, 100).astype("int32")]

IDS = [np.argsort(-y, axis=-1).astype("int32") for y in SCORES]
EDGES = (BITS, [(y * 4).round() / 4 for y in CHANCES], WEIGHTS)

BINARY = (BITS, CHANCES, WEIGHTS)
MATRIX = (MANY_BITS, MANY, MANY_WEIGHTS)
CATEGORICAL = (ONE_HOT, SCORES, MANY_WEIGHTS)
SPARSE = (CLASSES, SCORES, MANY_WEIGHTS)
GUESSED = (CLASSES, GUESSES, WHOLE)
COUNTED = [(name, item(class_name), BINARY) for name, class_name in [
    ("true_positives", "TruePositives"),
    ("false_positives", "FalsePositives"),
    ("true_negatives", "TrueNegatives"),
    ("false_negatives", "FalseNegatives"),
]]
MEANS = [(class_name, item(class_name), MATRIX) for class_name in [
    "MeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "RootMeanSquaredError",
    "CosineSimilarity",
    "LogCoshError",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
    "KLDivergence",
    "Poisson",
    "BinaryCrossentropy",
]]

CASES = [
    *COUNTED,
    *MEANS,
    ("true_positives_list", item("TruePositives", thresholds=[0.25, 0.7]), BINARY),
    ("precision", item("Precision"), BINARY),
    ("precision_list", item("Precision", thresholds=[0.0, 0.5, 1.0]), BINARY),
    ("precision_matrix", item("Precision", thresholds=0.75), MATRIX),
    ("precision_top", item("Precision", top_k=2), MATRIX),
    ("precision_class", item("Precision", class_id=1), MATRIX),
    ("recall", item("Recall"), BINARY),
    ("recall_top_class", item("Recall", top_k=1, class_id=2), MATRIX),
    ("auc", item("AUC"), BINARY),
    ("auc_three", item("AUC", num_thresholds=3), BINARY),
    ("auc_pr", item("AUC", curve="PR"), BINARY),
    ("auc_pr_few", item("AUC", curve="PR", num_thresholds=5), BINARY),
    ("auc_minoring", item("AUC", summation_method="minoring", num_thresholds=9), BINARY),
    ("auc_pr_majoring", item("AUC", curve="PR", summation_method="majoring", num_thresholds=9), BINARY),
    ("auc_gain", item("AUC", curve="PRGAIN", num_thresholds=9), BINARY),
    ("auc_thresholds", item("AUC", thresholds=[0.2, 0.3, 0.9]), BINARY),
    ("auc_labels", item("AUC", multi_label=True, num_thresholds=21), MATRIX),
    ("auc_label_weights", item("AUC", multi_label=True, num_labels=3, label_weights=[1.0, 2.0, 0.5]), MATRIX),
    ("auc_logits", item("AUC", from_logits=True), BINARY),
    ("f1_macro", item("F1Score", average="macro"), CATEGORICAL),
    ("f1_each", item("F1Score", threshold=0.5), MATRIX),
    ("f1_micro", item("F1Score", average="micro", threshold=0.5), MATRIX),
    ("fbeta_weighted", item("FBetaScore", average="weighted", beta=2.0), CATEGORICAL),
    ("iou", item("IoU", num_classes=4, target_class_ids=[0, 2]), GUESSED),
    ("iou_ignored", item("IoU", num_classes=4, target_class_ids=[0, 1, 2], ignore_class=1), GUESSED),
    ("mean_iou", item("MeanIoU", num_classes=4), GUESSED),
    ("binary_iou", item("BinaryIoU", threshold=0.25), (BITS, CHANCES, [labels((8,), 3, 1), labels((5,), 3, 2)])),
    ("one_hot_iou", item("OneHotIoU", num_classes=4, target_class_ids=[1, 3]), (ONE_HOT, SCORES, WHOLE)),
    ("one_hot_mean_iou", item("OneHotMeanIoU", num_classes=4), (ONE_HOT, SCORES, WHOLE)),
    ("top_k", item("TopKCategoricalAccuracy", k=2), CATEGORICAL),
    ("sparse_top_k", item("SparseTopKCategoricalAccuracy", k=3), SPARSE),
    ("sparse_top_k_ids", item("SparseTopKCategoricalAccuracy", k=2, from_sorted_ids=True), (CLASSES, IDS, MANY_WEIGHTS)),
    ("equal", item("Accuracy"), GUESSED),
    ("ignored_crossentropy", item("SparseCategoricalCrossentropy", ignore_class=1), SPARSE),
    ("pearson", item("PearsonCorrelation"), MATRIX),
    ("pearson_axis", item("PearsonCorrelation", axis=0), (MANY, [y * y + y for y in MANY], [w[:3] for w in MANY_WEIGHTS])),
    ("concordance", item("ConcordanceCorrelation"), (MANY, [1 - y for y in MANY], MANY_WEIGHTS)),
    ("sensitivity_at_specificity", item("SensitivityAtSpecificity", specificity=0.5), BINARY),
    ("sensitivity_few", item("SensitivityAtSpecificity", specificity=0.25, num_thresholds=4), EDGES),
    ("sensitivity_one", item("SensitivityAtSpecificity", specificity=0.1, num_thresholds=1, class_id=2), MATRIX),
    ("specificity_at_sensitivity", item("SpecificityAtSensitivity", sensitivity=0.4, class_id=0), MATRIX),
    ("precision_at_recall", item("PrecisionAtRecall", recall=0.6), BINARY),
    ("precision_at_all", item("PrecisionAtRecall", recall=1.0, num_thresholds=2), EDGES),
    ("recall_at_precision", item("RecallAtPrecision", precision=0.5, num_thresholds=21), MATRIX),
    ("recall_never", item("RecallAtPrecision", precision=1.0), EDGES),
    ("r2", item("R2Score"), MATRIX),
    ("r2_variance", item("R2Score", class_aggregation="variance_weighted_average"), MATRIX),
    ("r2_each_adjusted", item("R2Score", class_aggregation=None, num_regressors=2), MATRIX),
    ("categorical_crossentropy", item("CategoricalCrossentropy", label_smoothing=0.1), CATEGORICAL),
    ("sparse_categorical_crossentropy", item("SparseCategoricalCrossentropy", from_logits=True), SPARSE),
]


# Metrics of values alone: scalars, one for each sample, more for each; with weights of fewer axes and more.
VALUES = [
    ("mean_of_numbers", "Mean", [np.float32(2.0), np.float32(-0.5)], [np.float32(0.5), np.float32(3.0)]),
    ("mean_of_samples", "Mean", CHANCES, WEIGHTS),
    ("mean_of_rows", "Mean", MANY, MANY_WEIGHTS),
    ("mean_of_elements", "Mean", MANY, [dyadic((6, 3), 101, 1, 128), dyadic((4, 3), 102, 1, 128)]),
    ("sum_of_samples", "Sum", CHANCES, WEIGHTS),
    ("sum_of_rows", "Sum", MANY, MANY_WEIGHTS),
]


def made(spec):
    return getattr(keras.metrics, spec["class_name"])(**spec["config"])


def running(spec, data, weighted):
    metric = made(spec)
    found = []
    for y_true, y_pred, weight in zip(*data):
        metric.update_state(y_true, y_pred, sample_weight=weight if weighted else None)
        found.append(np.array(metric.result(), "float32").reshape(-1))
    return found


def case(name, spec, data):
    keras.backend.clear_session()
    y_true, y_pred, weight = data
    metric = made(spec)
    return {
        "name": name,
        **spec,
        "y_true": y_true,
        "y_pred": y_pred,
        "weight": weight,
        "plain": running(spec, data, False),
        "weighted": running(spec, data, True),
        "serialized": keras.saving.serialize_keras_object(metric),
    }


def of_values(name, class_name, values, weights):
    """Running results of a metric of values, plain and weighted."""
    plain, weighted = getattr(keras.metrics, class_name)(), getattr(keras.metrics, class_name)()
    found = {"name": name, "class_name": class_name, "values": values, "weights": weights, "plain": [], "weighted": []}
    for x, weight in zip(values, weights):
        plain.update_state(x)
        weighted.update_state(x, sample_weight=weight)
        found["plain"].append(float(plain.result()))
        found["weighted"].append(float(weighted.result()))
    return {**found, "values": [np.asarray(x) for x in values], "weights": [np.asarray(w) for w in weights]}


def make():
    return {"cases": [case(*row) for row in CASES], "of_values": [of_values(*row) for row in VALUES]}
