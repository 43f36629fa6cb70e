import Testing

@testable import ModelRouter

@Suite struct FunctionNamesTests {
  @Test func aSkillIsFoundAgainByItsFunction() {
    let names = FunctionNames(skills: ["files.read", "system.clock"])
    #expect(names.function(for: "files.read") == "files_read")
    #expect(names.skill(for: "files_read") == "files.read")
    #expect(names.skill(for: names.function(for: "system.clock")) == "system.clock")
  }

  @Test func unknownNamesPassAsTheModelWroteThem() {
    let names = FunctionNames(skills: ["files.read"])
    #expect(names.skill(for: "files.read") == "files.read")
    #expect(names.skill(for: "rm -rf /") == "rm -rf /")
    #expect(names.skill(for: "") == "")
  }

  @Test func skillsThatWouldShareANameAreToldApartInAnyOrder() {
    let skills = ["a.b_c", "a_b.c", "a.b.c", "a_b_c"]
    for order in [skills, skills.reversed()] {
      let names = FunctionNames(skills: order)
      #expect(Set(skills.map { names.function(for: $0) }).count == 4)
      #expect(skills.allSatisfy { names.skill(for: names.function(for: $0)) == $0 })
      #expect(names.function(for: "a.b.c") == "a_b_c")
    }
  }

  @Test func everyNameFitsTheWire() throws {
    let long = String(repeating: "a", count: 63)
    let skills = ["\(long).x", "\(long).y", "\(long)_x_long", "ü.ö", "x y", "", "😀"]
    let names = FunctionNames(skills: skills)
    let wire = skills.map { names.function(for: $0) } + [names.function(for: "nöt known")]
    for name in wire { #expect(try /[A-Za-z0-9_-]{1,64}/.wholeMatch(in: name) != nil) }
    #expect(skills.allSatisfy { names.skill(for: names.function(for: $0)) == $0 })
  }
}
