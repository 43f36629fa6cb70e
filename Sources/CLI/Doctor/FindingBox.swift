/// Collects findings from concurrent code.
actor FindingBox {
  private(set) var findings: [Finding] = []

  func add(_ finding: Finding) { findings.append(finding) }
}
